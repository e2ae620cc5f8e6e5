"""Search of the Pareto front of file size and macro-F1."""
