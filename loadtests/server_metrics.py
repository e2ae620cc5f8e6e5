"""The service's latency histograms, from its `/metrics`."""

from collections.abc import Mapping
from dataclasses import dataclass

from prometheus_client.parser import text_string_to_metric_families

from loadtests.address import read_page, service_url

BUCKET = "emotion_request_duration_seconds_bucket"

Counts = dict[str, dict[float, float]]
"""Variant -> upper bound of a bucket in seconds -> requests at or below it (cumulative)."""


@dataclass(frozen=True)
class Histogram:
    """Latencies of one variant during a run, as cumulative counts."""

    counts: Mapping[float, float]

    @property
    def requests(self) -> float:
        return max(self.counts.values(), default=0.0)

    def quantile_ms(self, q: float) -> float | None:
        """The quantile in milliseconds, interpolated linearly within its bucket.

        This is Prometheus' `histogram_quantile`. It is None without requests, and the highest
        finite bound if the quantile lies above all of them.
        """
        if not self.requests:
            return None
        rank, low, below = q * self.requests, 0.0, 0.0
        for bound, count in sorted(self.counts.items()):
            if count >= rank:
                if bound == float("inf"):
                    return low * 1000
                return (low + (bound - low) * (rank - below) / (count - below)) * 1000
            low, below = bound, count
        return None


def read_counts(url: str) -> Counts:
    """The counts of the service at an address, since its start.

    Raises:
        AddressError: the service does not respond, or shows its metrics to others only.
    """
    return parse_counts(read_page(f"{service_url(url)}/metrics"))


def parse_counts(page: str) -> Counts:
    """The counts in a page of the Prometheus text format."""
    counts: Counts = {}
    for family in text_string_to_metric_families(page):
        for sample in family.samples:
            if sample.name == BUCKET:
                bounds = counts.setdefault(sample.labels["variant"], {})
                bounds[float(sample.labels["le"])] = sample.value
    return counts


def growth(before: Counts, after: Counts) -> dict[str, Histogram]:
    """Variant -> the requests between two readings, for variants that had any."""
    grown = {
        variant: Histogram(
            {bound: n - before.get(variant, {}).get(bound, 0.0) for bound, n in counts.items()}
        )
        for variant, counts in after.items()
    }
    return {variant: histogram for variant, histogram in grown.items() if histogram.requests}
