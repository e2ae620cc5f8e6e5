"""Checkpoints: trained base classifiers, changes of their structure, and export to artifacts."""
