"""Pure functions of arrays: F1, thresholds, calibration, abstention, bootstrap, Pareto fronts."""
