"""Accuracy by register: on sentences from elsewhere, each with one or two acceptable labels."""
