"""Estimates and tests: scipy as oracle, simulation for the intervals, examples by hand."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from service.statistics import (
    F1,
    MIN_JUDGED,
    chi_squared_sf,
    f1_difference,
    f1_from_counts,
    histogram_quantile,
    macro_f1,
    proportion,
    sample_ratio_mismatch,
    two_sided_p,
)

Z95 = 1.959964

counts = st.integers(0, 500)


@given(st.floats(0, 80), st.integers(1, 30))
def test_chi_squared_as_scipy_computes_it(x: float, freedom: int) -> None:
    expected = stats.chi2.sf(x, freedom)
    assert chi_squared_sf(x, freedom) == pytest.approx(expected, rel=1e-9, abs=1e-300)


@given(st.floats(0, 8))
def test_normal_p_value_as_scipy_computes_it(z: float) -> None:
    assert two_sided_p(z) == pytest.approx(2 * stats.norm.sf(z), rel=1e-9)


@given(st.integers(1, 2000), st.floats(0, 1))
def test_proportion_as_scipy_computes_it(trials: int, share: float) -> None:
    hits = round(share * trials)
    expected = stats.binomtest(hits, trials).proportion_ci(0.95, method="wilson")
    found = proportion(hits, trials)
    assert found.value == hits / trials
    assert found.low == pytest.approx(expected.low, abs=1e-6)
    assert found.high == pytest.approx(expected.high, abs=1e-6)


@given(st.lists(st.integers(1, 1000), min_size=2, max_size=6))
def test_mismatch_as_scipy_computes_it(observed: list[int]) -> None:
    names = "abcdef"[: len(observed)]
    shares = dict.fromkeys(names, 1 / len(observed))
    found = sample_ratio_mismatch(dict(zip(names, observed, strict=True)), shares)
    assert found == pytest.approx(stats.chisquare(observed).pvalue, rel=1e-6, abs=1e-300)


@pytest.mark.parametrize(
    ("requests", "shares", "p_value"),
    [
        ({"a": 90, "b": 10}, {"a": 0.9, "b": 0.1}, 1.0),
        ({"a": 90, "b": 10}, {"a": 1.0, "b": 0.0}, 0.0),  # b has requests without a share
        ({"a": 90, "b": 10}, {}, None),
        ({"a": 90, "b": 10}, {"a": 0.5, "b": 0.1, "c": 0.4}, None),
        ({"a": 90}, {"a": 1.0}, None),
        ({"a": 90, "b": 0}, {"a": 1.0, "b": 0.0}, None),
    ],
)
def test_mismatch_by_hand(
    requests: dict[str, float], shares: dict[str, float], p_value: float | None
) -> None:
    assert sample_ratio_mismatch(requests, shares) == p_value


@pytest.mark.parametrize(
    ("q", "seconds"),
    [(0.0, 0.0), (0.2, 0.0005), (0.4, 0.001), (0.5, 0.0012), (0.9, 0.002), (0.99, 0.002)],
)
def test_quantile_by_hand(q: float, seconds: float) -> None:
    bounds, observations = [0.001, 0.002, math.inf], [40, 90, 100]
    assert histogram_quantile(bounds, observations, q) == pytest.approx(seconds)


def test_no_quantile_without_observations() -> None:
    assert histogram_quantile([], [], 0.5) is None
    assert histogram_quantile([1.0, math.inf], [0, 0], 0.5) is None


def test_f1_by_hand() -> None:
    found = f1_from_counts(60, 20, 20)
    j = 62 / 104
    assert found.value == pytest.approx(2 * 60 / (2 * 60 + 40))
    assert found.standard_error == pytest.approx(2 / (1 + j) ** 2 * math.sqrt(j * (1 - j) / 104))
    assert found.judged == 100


@given(counts, counts, counts)
def test_f1_estimates_are_in_order_and_in_range(tp: int, fp: int, fn: int) -> None:
    if tp + fp + fn == 0:
        return
    found = f1_from_counts(tp, fp, fn).estimate
    assert found.low is not None
    assert found.high is not None
    assert 0 <= found.low <= found.value <= found.high <= 1


def test_a_single_label_has_a_wide_interval() -> None:
    found = f1_from_counts(1, 0, 0).estimate
    assert found.value == found.high == 1
    assert found.low is not None
    assert found.low < 0.7


@pytest.mark.parametrize("probabilities", [(0.5, 0.3, 0.2), (0.8, 0.1, 0.1), (0.2, 0.4, 0.4)])
def test_f1_intervals_cover_95_percent(probabilities: tuple[float, float, float]) -> None:
    generator = np.random.default_rng(0)
    tp, fp, fn = probabilities
    true_f1 = 2 * tp / (2 * tp + fp + fn)
    covered = 0
    for drawn in generator.multinomial(300, probabilities, size=2000):
        found = f1_from_counts(*map(float, drawn)).estimate
        assert found.low is not None
        assert found.high is not None
        covered += found.low <= true_f1 <= found.high
    assert 0.93 < covered / 2000 < 0.97


def test_macro_f1_by_hand() -> None:
    found = macro_f1([F1(0.2, 0.03, 10), F1(0.8, 0.04, 30)])
    assert found.value == pytest.approx(0.5)
    assert found.standard_error == pytest.approx(0.05 / 2)
    assert found.judged == 40


def test_difference_by_hand() -> None:
    estimate, p_value = f1_difference(F1(0.6, 0.03, 100), F1(0.5, 0.04, 100))
    assert estimate.value == pytest.approx(0.1)
    assert estimate.low == pytest.approx(0.1 - Z95 * 0.05)
    assert estimate.high == pytest.approx(0.1 + Z95 * 0.05)
    assert p_value == pytest.approx(2 * stats.norm.sf(0.1 / 0.05))


def test_a_difference_of_few_labels_has_no_p_value() -> None:
    many, few = F1(0.6, 0.03, MIN_JUDGED), F1(0.5, 0.04, MIN_JUDGED - 1)
    assert f1_difference(many, few)[1] is None
    assert f1_difference(few, many)[1] is None
    assert f1_difference(many, many)[1] is not None


def test_p_values_are_uniform_between_equal_variants() -> None:
    generator = np.random.default_rng(1)
    small = 0
    for pair in generator.multinomial(300, (0.5, 0.3, 0.2), size=(1000, 2)):
        one, other = (f1_from_counts(*map(float, drawn)) for drawn in pair)
        _, p_value = f1_difference(one, other)
        assert p_value is not None
        small += p_value < 0.05
    assert 0.03 < small / 1000 < 0.07
