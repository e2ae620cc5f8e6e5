"""The service's histograms between two readings."""

import math

import pytest

from loadtests.server_metrics import Histogram, growth, parse_counts

PAGE = """\
# TYPE emotion_request_duration_seconds histogram
emotion_request_duration_seconds_bucket{le="0.001",variant="nano"} %d
emotion_request_duration_seconds_bucket{variant="nano",le="0.002"} %d
emotion_request_duration_seconds_bucket{le="+Inf",variant="nano"} %d
emotion_request_duration_seconds_bucket{le="+Inf",variant="idle"} 7.0
emotion_request_duration_seconds_count{variant="nano"} 100.0
emotion_requests_total{variant="nano",le="0.001"} 3.0
"""


def test_buckets_are_read_in_any_order_of_labels() -> None:
    assert parse_counts(PAGE % (5, 6, 7)) == {
        "nano": {0.001: 5, 0.002: 6, math.inf: 7},
        "idle": {math.inf: 7},
    }


def test_growth_holds_the_requests_between_two_readings() -> None:
    found = growth(parse_counts(PAGE % (5, 5, 5)), parse_counts(PAGE % (45, 95, 105)))
    assert set(found) == {"nano"}
    assert found["nano"].counts == {0.001: 40, 0.002: 90, math.inf: 100}
    assert found["nano"].requests == 100


def test_variant_without_an_earlier_reading_counts_from_zero() -> None:
    assert growth({}, parse_counts(PAGE % (40, 90, 100)))["nano"].requests == 100


def test_quantiles_are_interpolated_within_a_bucket() -> None:
    histogram = Histogram({0.001: 40, 0.002: 90, math.inf: 100})
    assert histogram.quantile_ms(0.2) == pytest.approx(0.5)  # half of the first bucket
    assert histogram.quantile_ms(0.5) == pytest.approx(1 + 10 / 50)
    assert histogram.quantile_ms(0.9) == pytest.approx(2)
    assert histogram.quantile_ms(0.99) == 2  # above all finite bounds
    assert Histogram({}).quantile_ms(0.5) is None
