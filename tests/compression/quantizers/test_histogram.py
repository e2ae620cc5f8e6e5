import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from compression.quantizers.histogram import Histogram

pieces = st.lists(
    st.lists(st.floats(-1e6, 1e6, width=32), min_size=1, max_size=40), min_size=1, max_size=8
)


@given(pieces)
def test_growing_loses_no_count(parts: list[list[float]]) -> None:
    histogram = Histogram(16)
    for part in parts:
        histogram.add(np.array(part, dtype=np.float32))
    values = np.concatenate([np.array(p, dtype=np.float32) for p in parts]).astype(np.float64)
    assert histogram._counts.sum() == len(values)
    edges = (histogram._first + np.arange(17)) * histogram.width
    expected = np.histogram(values, edges)[0]
    # Values within rounding of an edge may fall either side.
    assert (
        np.abs(np.cumsum(histogram._counts - expected)).max()
        <= np.isclose(values[:, None], edges[None], rtol=1e-6, atol=1e-9 * histogram.width).sum()
    )


@given(st.integers(0, 2**32 - 1))
def test_percentiles_are_right_to_within_a_bin(seed: int) -> None:
    generator = np.random.default_rng(seed)
    parts = [generator.normal(scale=s, size=500).astype(np.float32) for s in (0.1, 1, 5)]
    histogram = Histogram(2048)
    for part in parts:
        histogram.add(part)
    everything = np.concatenate(parts)
    for percent in (0.5, 50, 99.5):
        exact = np.percentile(everything, percent, method="lower")
        assert abs(histogram.percentile(percent) - exact) <= histogram.width


def test_middles_are_those_of_the_counted_bins() -> None:
    histogram = Histogram(4)
    histogram.add(np.array([0.0, 1.0, 4.0], dtype=np.float32))
    middles, counts = histogram.middles(), histogram.counts()
    assert len(middles) == len(counts)
    assert counts.sum() == 3
    assert np.allclose(np.diff(middles), histogram.width)
    assert abs(middles[0]) <= histogram.width / 2


def test_an_empty_histogram_has_no_percentile() -> None:
    with pytest.raises(ValueError, match="nothing"):
        Histogram(4).percentile(50)
