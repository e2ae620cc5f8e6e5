"""Reads the service's counters from a page of `/metrics` or from a Prometheus server."""

import json
import math
import urllib.parse
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from prometheus_client.parser import text_string_to_metric_families

Labels = frozenset[tuple[str, str]]
"""Names and values of a series' labels."""
Series = dict[Labels, float]

REQUESTS = "emotion_requests_total"
DURATION_BUCKETS = "emotion_request_duration_seconds_bucket"
SHADOW = "emotion_shadow_total"
FEEDBACK = "emotion_feedback_total"
FEEDBACK_TEXTS = "emotion_feedback_texts_total"
FEEDBACK_UNSURE = "emotion_feedback_unsure_texts_total"
TEXTS = "emotion_texts_total"
UNSURE = "emotion_unsure_texts_total"
SPLIT = "emotion_split_ratio"

_COUNTERS = {
    REQUESTS: ("variant", "assignment", "outcome"),
    DURATION_BUCKETS: ("variant", "le"),
    SHADOW: ("variant", "shadow", "result"),
    FEEDBACK: ("variant", "label", "result"),
    FEEDBACK_TEXTS: ("variant",),
    FEEDBACK_UNSURE: ("variant",),
    TEXTS: ("variant",),
    UNSURE: ("variant",),
}
"""Metric -> the labels that the report needs."""


class ExperimentError(Exception):
    """The report cannot be made; the message gives the reason."""


class Metrics:
    """The values of all series at one time."""

    def __init__(self, series: Mapping[str, Series]) -> None:
        """Take metric -> labels -> value."""
        self._series = series

    def total(self, name: str, **labels: str) -> float:
        """The sum over a metric's series that have these labels."""
        return math.fsum(value for _, value in self._matching(name, labels))

    def values(self, name: str, label: str, **labels: str) -> list[str]:
        """The sorted values of one label over a metric's series that have these labels."""
        found = (dict(key).get(label) for key, _ in self._matching(name, labels))
        return sorted({value for value in found if value is not None})

    def _matching(self, name: str, labels: Mapping[str, str]) -> Iterable[tuple[Labels, float]]:
        wanted = set(labels.items())
        return ((key, v) for key, v in self._series.get(name, {}).items() if wanted <= key)


def from_text(page: str) -> Metrics:
    """The counters of a `/metrics` page, since the workers started.

    Raises:
        ExperimentError: the page is not one of this service.
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
    if REQUESTS not in series:
        raise ExperimentError(f"no {REQUESTS} among the metrics; give a page of this service")
    return Metrics(series)


def from_prometheus(url: str, span: str, fetch: Callable[[str], bytes]) -> Metrics:
    """The increase of the counters over a span of time, from a Prometheus server.

    Args:
        url: of the server.
        span: a PromQL duration up to now, such as `24h`.
        fetch: returns the body of a URL.

    Raises:
        ExperimentError: the query fails, or the response is not one of a Prometheus server.
    """
    series = {}
    for name, labels in _COUNTERS.items():
        query = f"sum by ({', '.join(labels)}) (increase({name}[{span}]))"
        series[name] = _instant_query(url, query, fetch)
    series[SPLIT] = _instant_query(url, f"max by (variant) ({SPLIT})", fetch)
    return Metrics(series)


def _instant_query(url: str, query: str, fetch: Callable[[str], bytes]) -> Series:
    address = f"{url.rstrip('/')}/api/v1/query?{urllib.parse.urlencode({'query': query})}"
    try:
        response = json.loads(fetch(address))
        if response["status"] != "success":
            raise ExperimentError(f"{url}: {response.get('error', 'the query failed')}")
        return dict(_sample(entry) for entry in response["data"]["result"])
    except (KeyError, TypeError, ValueError) as error:
        raise ExperimentError(f"{url}: not the response of a Prometheus server") from error


def _sample(entry: Mapping[str, Any]) -> tuple[Labels, float]:
    labels = frozenset((k, v) for k, v in entry["metric"].items() if k != "__name__")
    return labels, float(entry["value"][1])
