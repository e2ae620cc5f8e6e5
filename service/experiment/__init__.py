"""Reports on A/B splits from the service's own metrics."""
