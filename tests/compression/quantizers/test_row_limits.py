import numpy as np

from compression.quantizers.observers import (
    OBSERVERS,
)
from compression.quantizers.row_limits import row_limits


def test_every_calibrator_gives_rows_a_limit_within_their_magnitudes() -> None:
    weight = np.random.default_rng(0).normal(size=(3, 200)).astype(np.float32)
    weight[2] = 0
    weight[2, 5] = -0.3
    largest = np.abs(weight).max(axis=1)
    for calibrator in OBSERVERS:
        limits = row_limits(weight, calibrator).ravel()
        assert (limits > 0).all()
        assert (limits <= largest * 1.001).all()


def test_row_limits() -> None:
    weight = np.array([[*range(-100, 0)], [0.5] * 100], dtype=np.float32)
    assert row_limits(weight, "min-max").ravel().tolist() == [100, 0.5]
    np.testing.assert_allclose(row_limits(weight, "percentile").ravel(), [99.01, 0.5], rtol=1e-6)
