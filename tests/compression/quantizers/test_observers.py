import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from compression.quantizers.observers import (
    OBSERVERS,
    MinMaxObserver,
    MovingAverageObserver,
    PercentileObserver,
    clipping_divergence,
)
from edgemood.quantization.affine import asymmetric_grid, dequantize, full_range, quantize

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


def test_a_moving_average_by_hand() -> None:
    observer = MovingAverageObserver(averaging=0.5)
    observer.observe(np.array([0.0, 1.0, 0.5], dtype=np.float32))
    assert observer.range() == (0.0, 1.0)
    observer.observe(np.array([], dtype=np.float32))  # changes nothing
    observer.observe(np.array([2.0, -1.0], dtype=np.float32))
    # The first piece weighs 0.25 and the second 0.5, together 0.75.
    low, high = observer.range()
    assert low == pytest.approx(-0.5 / 0.75)
    assert high == pytest.approx((0.25 + 2 * 0.5) / 0.75)


@given(pieces, st.floats(0.01, 0.9))
def test_a_moving_average_is_the_weighted_mean_of_the_ranges(
    parts: list[list[float]], averaging: float
) -> None:
    observer = MovingAverageObserver(averaging)
    for part in parts:
        observer.observe(np.array(part, dtype=np.float32))
    weights = (1 - averaging) ** np.arange(len(parts))[::-1]
    for found, end in zip(observer.range(), (min, max), strict=True):
        ends = np.array([end(part) for part in parts])
        expected = np.average(ends, weights=weights)
        assert found == pytest.approx(expected, rel=1e-5, abs=1e-5 * np.abs(ends).max() + 1e-30)


def test_the_percentile_range_excludes_outliers() -> None:
    observer = PercentileObserver()
    values = np.linspace(0, 1, 10_000, dtype=np.float32)
    values[0], values[-1] = -50, 50
    observer.observe(values)
    low, high = observer.range()
    assert low == pytest.approx(0.005, abs=0.06)
    assert high == pytest.approx(0.995, abs=0.06)


def test_the_range_of_a_constant() -> None:
    for kind in OBSERVERS.values():
        observer = kind()
        observer.observe(np.full((3, 3), 2.5, dtype=np.float32))
        low, high = observer.range()
        assert low == pytest.approx(2.5, rel=1e-3)
        assert high == pytest.approx(2.5, rel=1e-3)


def squared_error(x: np.ndarray, low: np.ndarray, high: np.ndarray) -> float:
    grid = asymmetric_grid(low, high, bits=8)
    return float(((dequantize(quantize(x, grid, full_range(8)), grid) - x) ** 2).sum())


@settings(max_examples=8)
@given(st.integers(0, 2**32 - 1))
def test_the_mse_range_is_about_the_best_of_all_shrunk_ranges(seed: int) -> None:
    x = np.random.default_rng(seed).standard_t(2, size=3000).astype(np.float32)
    observer = OBSERVERS["mse"]()
    for part in np.array_split(x, 5):
        observer.observe(part)
    found = squared_error(x, *observer.range())
    best = min(squared_error(x, x.min() * s, x.max() * s) for s in np.linspace(0.2, 1, 81))
    assert found <= 1.05 * best


def test_the_entropy_range_excludes_an_outlier_on_either_side() -> None:
    x = np.random.default_rng(0).normal(size=20_000).astype(np.float32)
    for outlier in (60.0, -60.0):
        observer = OBSERVERS["entropy"]()
        observer.observe(np.append(x, np.float32(outlier)))
        low, high = observer.range()
        assert -20 < low < -2.5
        assert 2.5 < high < 20


def test_clipping_divergence_by_hand() -> None:
    # 256 bins in 128 levels of two: a level of counts (3, 1) is spread as (2, 2).
    counts = np.tile(np.array([3, 1], dtype=np.int64), 128)
    expected = 0.75 * np.log(3 / 2) + 0.25 * np.log(1 / 2)
    assert clipping_divergence(counts, 256) == pytest.approx(expected)
    # 128 bins in 128 levels lose nothing but what is clipped: the last bin takes all the rest.
    flat = np.ones(256, dtype=np.int64)
    p = np.append(np.full(127, 1 / 256), 129 / 256)
    assert clipping_divergence(flat, 128) == pytest.approx((p * np.log(p * 128)).sum())
    assert clipping_divergence(flat, 256) == pytest.approx(0)


@pytest.mark.parametrize("kind", OBSERVERS.values(), ids=OBSERVERS.keys())
def test_without_observations_there_is_no_range(kind: type) -> None:
    with pytest.raises(ValueError, match="nothing"):
        kind().range()
