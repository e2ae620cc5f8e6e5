"""Pure functions of arrays: F1, bootstrap, mutual information, Pareto fronts."""
