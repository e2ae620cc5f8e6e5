"""Gain in macro-F1: by hand, and against scikit-learn."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edgemood.adaptation.gain import label_f1, label_qualities, macro_gain


def columns(*rows: str) -> np.ndarray:
    return np.array([[mark == "x" for mark in row] for row in rows])


TRUE = columns("x.", "x.", ".x", "..")
BEFORE = columns("x.", "..", "..", "..")
AFTER = columns("x.", "x.", ".x", "x.")


def test_by_hand() -> None:
    """Before 2/3 and 0, after 4/5 and 1: the gain is .9 - .3333."""
    assert label_f1(BEFORE, TRUE).tolist() == pytest.approx([2 / 3, 0])
    assert label_f1(AFTER, TRUE).tolist() == pytest.approx([4 / 5, 1])
    gain = macro_gain(BEFORE, AFTER, TRUE, np.arange(4), seed=0)
    assert gain.estimate == pytest.approx(0.9 - 1 / 3)
    assert gain.low <= gain.estimate <= gain.high
    rows = label_qualities(("a", "b"), BEFORE, AFTER, TRUE)
    assert rows[1] == ("b", 1, 0, 1)


def test_a_label_that_no_text_has_does_not_count() -> None:
    surplus = np.zeros((4, 1), bool)
    parts = [np.hstack([part, surplus]) for part in (BEFORE, AFTER, TRUE)]
    parts[1][0, 2] = True
    gain = macro_gain(*parts, np.arange(4), seed=0)
    assert gain == macro_gain(BEFORE, AFTER, TRUE, np.arange(4), seed=0)


def test_equal_decisions_gain_nothing() -> None:
    assert macro_gain(AFTER, AFTER, TRUE, np.arange(4), seed=0) == (0, 0, 0)


def test_equal_texts_are_drawn_together() -> None:
    """Repeating each text four times says nothing new: estimate and interval stay."""
    generator = np.random.default_rng(0)
    true, before, after = generator.random((3, 60, 2)) < 0.5
    once = macro_gain(before, after, true, np.arange(60), seed=0)
    repeated = [np.repeat(part, 4, axis=0) for part in (before, after, true)]
    assert macro_gain(*repeated, np.repeat(np.arange(60), 4), seed=0) == pytest.approx(once)
    alone = macro_gain(*repeated, np.arange(240), seed=0)
    assert alone.high - alone.low < 0.7 * (once.high - once.low)


@settings(max_examples=2)
@given(seed=st.integers(0, 2**32 - 1))
def test_the_interval_is_that_of_scikit_learn_and_scipy(seed: int) -> None:
    f1_score = pytest.importorskip("sklearn.metrics").f1_score
    stats = pytest.importorskip("scipy.stats")
    generator = np.random.default_rng(seed)
    true = generator.random((80, 2)) < 0.4
    before, after = (true ^ (generator.random((80, 2)) < share) for share in (0.3, 0.2))

    def gain(places: np.ndarray) -> float:
        scores = [
            f1_score(true[places], part[places], average="macro", zero_division=0)
            for part in (before, after)
        ]
        return scores[1] - scores[0]

    found = macro_gain(before, after, true, np.arange(80), seed=0)
    assert found.estimate == pytest.approx(gain(np.arange(80)))
    oracle = stats.bootstrap(
        (np.arange(80),), gain, n_resamples=300, method="percentile", vectorized=False, rng=seed
    ).confidence_interval
    width = oracle.high - oracle.low
    assert found.low == pytest.approx(oracle.low, abs=0.25 * width)
    assert found.high == pytest.approx(oracle.high, abs=0.2 * width)
