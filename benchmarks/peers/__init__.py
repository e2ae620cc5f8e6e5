"""The peers: servers that the benchmarks compare with the service."""
