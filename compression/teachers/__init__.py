"""Teachers: fine-tuned transformers and ensembles of them, with their outputs kept on disk."""
