"""Search for the Pareto front of file size and macro-F1."""
