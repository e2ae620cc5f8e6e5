"""Benchmarks that compare the service with its peers over HTTP."""
