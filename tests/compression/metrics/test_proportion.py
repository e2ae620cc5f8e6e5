import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from compression.metrics.proportion import wilson_interval


def test_by_hand() -> None:
    # z² / n = 0.38415: the centre is (0.5 + 0.19207) / 1.38415, which is 0.5,
    # and the margin 1.96 √(0.025 + 0.0096037) / 1.38415.
    assert wilson_interval(5, 10) == pytest.approx((0.5, 0.2366, 0.7634), abs=1e-4)


@given(st.integers(1, 500).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_scipy_agrees(counts: tuple[int, int]) -> None:
    expected = stats.binomtest(*counts).proportion_ci(0.95, method="wilson")
    found = wilson_interval(*counts)
    assert found.estimate == counts[0] / counts[1]
    assert (found.low, found.high) == pytest.approx((expected.low, expected.high), abs=1e-6)
