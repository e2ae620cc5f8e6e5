"""Serves variants over HTTP with BentoML: one API, weighted A/B splits, Prometheus metrics."""
