"""What all benchmarks share: servers, wrk, /metrics, conditions and pages."""
