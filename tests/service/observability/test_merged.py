"""Families of several workers, worked by hand."""

import pytest
from prometheus_client import CollectorRegistry, Counter, Gauge

from service.observability.merged import families
from service.observability.worker_file import Key, Record, Snapshot

LABELED = (("variant",), ("a",))


def snapshots(name: str, *values: tuple[float, float, bool]) -> list[Snapshot]:
    """One worker for each value, time and whether it is alive."""
    return [
        Snapshot(100 + i, is_alive, {Key(name, *LABELED): Record(value, time)})
        for i, (value, time, is_alive) in enumerate(values)
    ]


@pytest.mark.parametrize(
    ("mode", "expected"),
    [("livemax", 5.0), ("livemin", 2.0), ("mostrecent", 2.0)],
)
def test_gauges_of_live_workers(mode: str, expected: float) -> None:
    gauge = Gauge("g", "G.", ["variant"], registry=CollectorRegistry(), multiprocess_mode=mode)
    found = snapshots("g", (5, 1, True), (2, 3, True), (9, 9, False), (0, 9, False))
    (family,) = families([gauge], found)
    assert [(s.name, s.labels, s.value) for s in family.samples] == [
        ("g", {"variant": "a"}, expected)
    ]


def test_a_gauge_of_each_worker() -> None:
    gauge = Gauge("g", "G.", ["variant"], registry=CollectorRegistry(), multiprocess_mode="liveall")
    (family,) = families([gauge], snapshots("g", (5, 0, True), (2, 0, False), (3, 0, True)))
    assert {s.labels["pid"]: s.value for s in family.samples} == {"100": 5, "102": 3}


def test_a_gauge_of_ended_workers_alone_is_not_shown() -> None:
    gauge = Gauge("g", "G.", ["variant"], registry=CollectorRegistry(), multiprocess_mode="livemax")
    (family,) = families([gauge], snapshots("g", (5, 0, False)))
    assert family.samples == []


def test_counts_add_up_over_ended_workers_and_foreign_names_are_left_out() -> None:
    counter = Counter("c_total", "C.", ["variant"], registry=CollectorRegistry())
    found = snapshots("c_total", (5, 0, True), (2, 0, False)) + snapshots("other", (1, 0, True))
    (family,) = families([counter], found)
    assert [(s.name, s.value) for s in family.samples] == [("c_total", 7.0)]
