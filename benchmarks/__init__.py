"""Benchmarks of the service beside its peers, over HTTP."""
