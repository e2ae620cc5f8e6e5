import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from compression.observers import (
    HISTOGRAM_BINS,
    OBSERVERS,
    Histogram,
    MinMaxObserver,
    PercentileObserver,
    row_limits,
)

pieces = st.lists(
    st.lists(st.floats(-1e6, 1e6, width=32), min_size=1, max_size=40), min_size=1, max_size=8
)


@given(pieces)
def test_min_max(parts: list[list[float]]) -> None:
    observer = MinMaxObserver()
    for part in parts:
        observer.observe(np.array(part, dtype=np.float32))
    everything = np.concatenate([np.array(p, dtype=np.float32) for p in parts])
    assert observer.range() == (everything.min(), everything.max())


@given(pieces)
def test_the_histogram_loses_no_count_however_it_grows(parts: list[list[float]]) -> None:
    histogram = Histogram(16)
    for part in parts:
        histogram.add(np.array(part, dtype=np.float32))
    values = np.concatenate([np.array(p, dtype=np.float32) for p in parts]).astype(np.float64)
    assert histogram._counts.sum() == len(values)
    edges = (histogram._first + np.arange(17)) * histogram._width
    expected = np.histogram(values, edges)[0]
    # Values within rounding of an edge may fall either side.
    assert (
        np.abs(np.cumsum(histogram._counts - expected)).max()
        <= np.isclose(values[:, None], edges[None], rtol=1e-6, atol=1e-9 * histogram._width).sum()
    )


@given(st.integers(0, 2**32 - 1))
def test_percentiles_are_right_to_within_a_bin(seed: int) -> None:
    generator = np.random.default_rng(seed)
    parts = [generator.normal(scale=s, size=500).astype(np.float32) for s in (0.1, 1, 5)]
    histogram = Histogram(HISTOGRAM_BINS)
    for part in parts:
        histogram.add(part)
    everything = np.concatenate(parts)
    for percent in (0.5, 50, 99.5):
        exact = np.percentile(everything, percent, method="lower")
        assert abs(histogram.percentile(percent) - exact) <= histogram._width


def test_percentile_observer_leaves_outliers_out() -> None:
    observer = PercentileObserver()
    values = np.linspace(0, 1, 10_000, dtype=np.float32)
    values[0], values[-1] = -50, 50
    observer.observe(values)
    low, high = observer.range()
    assert low == pytest.approx(0.005, abs=0.06)
    assert high == pytest.approx(0.995, abs=0.06)


def test_a_constant_is_a_range_of_its_own() -> None:
    for kind in OBSERVERS.values():
        observer = kind()
        observer.observe(np.full((3, 3), 2.5, dtype=np.float32))
        low, high = observer.range()
        assert low == pytest.approx(2.5, rel=1e-5)
        assert high == pytest.approx(2.5, rel=1e-5)


@pytest.mark.parametrize("kind", OBSERVERS.values(), ids=OBSERVERS.keys())
def test_without_observations_there_is_no_range(kind: type) -> None:
    with pytest.raises(ValueError, match="nothing was observed"):
        kind().range()


def test_row_limits() -> None:
    weight = np.array([[*range(-100, 0)], [0.5] * 100], dtype=np.float32)
    assert row_limits(weight, "min-max").ravel().tolist() == [100, 0.5]
    np.testing.assert_allclose(row_limits(weight, "percentile").ravel(), [99.01, 0.5], rtol=1e-6)
