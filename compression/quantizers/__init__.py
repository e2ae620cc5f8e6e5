"""Real weights and activations to integer codes and codebooks: after training and during it."""
