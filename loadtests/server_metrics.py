"""What the server says of itself: its histograms, to be set beside what clients saw."""

import re
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass

_BUCKET = re.compile(
    r"^emotion_request_duration_seconds_bucket"
    r'\{(?=[^}]*variant="([^"]+)")(?=[^}]*le="([^"]+)")[^}]*\} (\S+)$',
    re.MULTILINE,
)
_TIMEOUT_S = 10.0

Counts = dict[str, dict[float, float]]
"""Variant -> upper bound in seconds -> requests at or below it."""


@dataclass(frozen=True)
class Histogram:
    """Of one variant, over the span of a test."""

    counts: Mapping[float, float]

    @property
    def requests(self) -> float:
        return max(self.counts.values(), default=0.0)

    def quantile_ms(self, q: float) -> float | None:
        """Linear within a bucket, as Prometheus has it."""
        if not self.requests:
            return None
        wanted, low, below = q * self.requests, 0.0, 0.0
        for bound, count in sorted(self.counts.items()):
            if count >= wanted:
                if bound == float("inf"):
                    return low * 1000
                return (low + (bound - low) * (wanted - below) / (count - below)) * 1000
            low, below = bound, count
        return None


def scraped(url: str) -> Counts:
    """The counts of a running service.

    Raises:
        OSError: it does not answer.
    """
    with urllib.request.urlopen(f"{url.rstrip('/')}/metrics", timeout=_TIMEOUT_S) as answer:
        return parsed(answer.read().decode())


def parsed(page: str) -> Counts:
    """The counts of a page of metrics."""
    counts: Counts = {}
    for variant, bound, count in _BUCKET.findall(page):
        counts.setdefault(variant, {})[float(bound)] = float(count)
    return counts


def between(before: Counts, after: Counts) -> dict[str, Histogram]:
    """What came in between two readings, of the variants that got any."""
    grown = {
        variant: Histogram(
            {bound: count - before.get(variant, {}).get(bound, 0.0) for bound, count in own.items()}
        )
        for variant, own in after.items()
    }
    return {variant: histogram for variant, histogram in grown.items() if histogram.requests}
