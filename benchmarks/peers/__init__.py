"""The servers that the benchmarks compare the service with."""
