"""Load tests: they speak HTTP and know nothing of the packages that they test."""
