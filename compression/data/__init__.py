"""Texts and labels: datasets, loaders, augmentation and noise."""
