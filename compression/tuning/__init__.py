"""What a build fits on the dev split after compression: calibration, thresholds, abstention."""
