"""The service's counters as a page of metrics or a Prometheus server tells them."""

import json
import math
import urllib.parse
from collections.abc import Callable, Mapping

from prometheus_client.parser import text_string_to_metric_families

Labels = frozenset[tuple[str, str]]
Series = dict[Labels, float]
"""Label values -> count."""


class ExperimentError(Exception):
    """The metrics cannot be had or are not the service's; the message says which."""


class Metrics:
    """The series of one reading."""

    def __init__(self, series: Mapping[str, Series]) -> None:
        self._series = series

    def total(self, name: str, **labels: str) -> float:
        """The sum of the series that have these label values."""
        wanted = set(labels.items())
        return math.fsum(v for key, v in self._series.get(name, {}).items() if wanted <= key)

    def values(self, name: str, label: str, **labels: str) -> list[str]:
        """The values that a label takes among these series, in order."""
        wanted = set(labels.items())
        found = {
            dict(key)[label]
            for key in self._series.get(name, {})
            if wanted <= key and label in dict(key)
        }
        return sorted(found)


_COUNTERS = {
    "emotion_requests_total": ("variant", "assignment", "outcome"),
    "emotion_request_duration_seconds_bucket": ("variant", "le"),
    "emotion_shadow_total": ("variant", "shadow", "result"),
    "emotion_feedback_total": ("variant", "label", "result"),
    "emotion_feedback_texts_total": ("variant",),
}
SPLIT = "emotion_split_ratio"
"""What the policy asks for."""


def from_text(page: str) -> Metrics:
    """The metrics of a `/metrics` page.

    Raises:
        ExperimentError: it is something else.
    """
    series: dict[str, Series] = {}
    try:
        for family in text_string_to_metric_families(page):
            for sample in family.samples:
                if sample.name in _COUNTERS or sample.name == SPLIT:
                    key = frozenset(sample.labels.items())
                    series.setdefault(sample.name, {})[key] = sample.value
    except ValueError as error:
        raise ExperimentError(f"not a page of Prometheus metrics: {error}") from error
    if "emotion_requests_total" not in series:
        raise ExperimentError("no emotion_requests_total among the metrics; is it this service's?")
    return Metrics(series)


def from_prometheus(url: str, span: str, fetch: Callable[[str], bytes]) -> Metrics:
    """What the counters grew by, as a Prometheus server knows it.

    Args:
        url: of the server.
        span: such as `24h`, up to now.
        fetch: gets a URL.

    Raises:
        ExperimentError: it does not answer, or not like Prometheus.
    """
    series = {}
    for name, labels in _COUNTERS.items():
        query = f"sum by ({', '.join(labels)}) (increase({name}[{span}]))"
        series[name] = _instant(url, query, fetch)
    series[SPLIT] = _instant(url, f"max by (variant) ({SPLIT})", fetch)
    return Metrics(series)


def _instant(url: str, query: str, fetch: Callable[[str], bytes]) -> Series:
    asked = f"{url.rstrip('/')}/api/v1/query?{urllib.parse.urlencode({'query': query})}"
    try:
        answer = json.loads(fetch(asked))
        if answer["status"] != "success":
            raise ExperimentError(f"{url}: {answer.get('error', 'the query failed')}")
        return {
            frozenset((k, v) for k, v in one["metric"].items() if k != "__name__"): float(
                one["value"][1]
            )
            for one in answer["data"]["result"]
        }
    except (KeyError, TypeError, ValueError) as error:
        raise ExperimentError(f"{url}: not the answer of a Prometheus server") from error
