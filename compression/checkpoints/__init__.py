"""Trainable classifiers on disk, their structure, and the step from checkpoint to artifact."""
