"""Adds up the numbers of several workers, as pure functions.

Counts add up over all workers, ended ones included. The `multiprocess_mode` of a gauge says what
its values in several live workers mean together.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from prometheus_client import Counter, Gauge, Histogram
from prometheus_client.metrics_core import Metric

from service.observability.worker_file import Record, Snapshot

Definition = Counter | Gauge | Histogram
Labels = tuple[tuple[str, str], ...]
"""Names and values."""
Entry = tuple[Snapshot, Record]
ByLabels = Mapping[Labels, Sequence[Entry]]

_BUCKET = "le"
_GAUGES: Mapping[str, Callable[[Iterable[Record]], float]] = {
    "livemax": lambda records: max(record.value for record in records),
    "livemin": lambda records: min(record.value for record in records),
    "mostrecent": lambda records: max(records, key=lambda record: record.time).value,
}
"""`multiprocess_mode` -> value of a gauge from its values in the live workers."""
_OF_EACH_WORKER = "liveall"


def families(definitions: Iterable[Definition], snapshots: Iterable[Snapshot]) -> Iterator[Metric]:
    """The samples of all metrics, in the order of their definitions."""
    by_name: dict[str, dict[Labels, list[Entry]]] = {}
    for snapshot in snapshots:
        for key, record in snapshot.records.items():
            labels = tuple(zip(key.label_names, key.label_values, strict=False))
            found = by_name.setdefault(key.name, {}).setdefault(labels, [])
            found.append((snapshot, record))
    for definition in definitions:
        (family,) = definition.describe()
        if isinstance(definition, Gauge):
            _add_gauge(family, definition._multiprocess_mode, by_name.get(family.name, {}))
        elif isinstance(definition, Histogram):
            _add_histogram(family, by_name)
        else:
            _add_counter(family, by_name.get(f"{family.name}_total", {}))
        yield family


def _add_counter(family: Metric, by_labels: ByLabels) -> None:
    for labels, entries in by_labels.items():
        family.add_sample(f"{family.name}_total", dict(labels), _sum(entries))


def _add_gauge(family: Metric, mode: str, by_labels: ByLabels) -> None:
    for labels, entries in by_labels.items():
        live = [(snapshot, record) for snapshot, record in entries if snapshot.is_alive]
        if mode == _OF_EACH_WORKER:
            for snapshot, record in live:
                own = {**dict(labels), "pid": str(snapshot.pid)}
                family.add_sample(family.name, own, record.value)
        elif live:
            value = _GAUGES[mode]([record for _, record in live])
            family.add_sample(family.name, dict(labels), value)


def _add_histogram(family: Metric, by_name: Mapping[str, ByLabels]) -> None:
    """Add up the buckets: each holds its own observations, and Prometheus counts smaller ones."""
    buckets: dict[Labels, dict[str, float]] = {}
    for labels, entries in by_name.get(f"{family.name}_bucket", {}).items():
        others = tuple(label for label in labels if label[0] != _BUCKET)
        buckets.setdefault(others, {})[dict(labels)[_BUCKET]] = _sum(entries)
    sums = by_name.get(f"{family.name}_sum", {})
    for labels, counts in buckets.items():
        total = 0.0
        for bound in sorted(counts, key=float):
            total += counts[bound]
            family.add_sample(f"{family.name}_bucket", {**dict(labels), _BUCKET: bound}, total)
        family.add_sample(f"{family.name}_count", dict(labels), total)
        family.add_sample(f"{family.name}_sum", dict(labels), _sum(sums.get(labels, ())))


def _sum(entries: Iterable[Entry]) -> float:
    return sum(record.value for _, record in entries)
