"""Pure functions of arrays: F1, thresholds, bootstrap, mutual information, Pareto fronts."""
