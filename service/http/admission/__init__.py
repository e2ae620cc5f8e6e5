"""Decides whether and when a request runs, before any work is spent on it."""
