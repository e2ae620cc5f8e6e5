"""Properties of every metric."""

import pytest
from prometheus_client import Gauge, Info
from prometheus_client.metrics import MetricWrapperBase

from service.observability import metrics
from service.observability.metrics import LATENCY_BUCKETS, STAGE_BUCKETS
from service.observability.values import Value

ALL = {name: one for name, one in vars(metrics).items() if isinstance(one, MetricWrapperBase)}
OBJECTIVE_S = 10e-3


@pytest.mark.parametrize("name", ALL)
def test_names_units_and_modes(name: str) -> None:
    (family,) = ALL[name].collect()
    assert family.name.startswith("emotion_")
    assert family.documentation
    assert len(family.documentation) <= 60  # kept with every series
    assert not isinstance(ALL[name], Info)
    if isinstance(ALL[name], Gauge):
        assert ALL[name]._multiprocess_mode != "all"


def test_buckets_rise_from_50_microseconds_and_have_one_at_the_objective() -> None:
    assert list(LATENCY_BUCKETS) == sorted(set(LATENCY_BUCKETS))
    assert (LATENCY_BUCKETS[0], LATENCY_BUCKETS[-1]) == (50e-6, 2.5)
    assert OBJECTIVE_S in LATENCY_BUCKETS
    assert set(STAGE_BUCKETS) < set(LATENCY_BUCKETS)


def test_the_page_shows_every_metric() -> None:
    assert set(metrics.ALL) == set(ALL.values())
    assert len(metrics.ALL) == len(ALL)


def test_every_metric_with_a_variant_is_dropped_with_it() -> None:
    assert set(metrics.OF_VARIANTS) == {one for one in ALL.values() if "variant" in one._labelnames}


def test_series_of_variants_are_listed_with_their_labels() -> None:
    per_variant = {
        one: one._labelnames[1:]
        for one in ALL.values()
        if not isinstance(one, Gauge) and one._labelnames[:1] == ("variant",)
    }
    shadows = {metrics.SHADOW, metrics.SHADOW_DISTANCE}  # started with the policy
    assert {k: v for k, v in per_variant.items() if k not in shadows} == metrics.VARIANT_SERIES


def test_numbers_are_those_of_the_service() -> None:
    assert type(metrics.UNANSWERED._value) is Value
