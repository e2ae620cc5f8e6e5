"""Figures of scores as probabilities, by hand."""

import numpy as np
import pytest

from compression.evaluation.calibration import (
    CURVE_STEPS,
    measure_abstention,
    measure_calibration,
    measure_curves,
)
from compression.evaluation.statistics import ScoredSplit, at_thresholds
from compression.metrics.bootstrap import bootstrap_weights
from compression.metrics.calibration_error import chance_error, expected_calibration_error
from edgemood.format.manifest import Abstention

LABELS = ("joy", "sadness")
SCORES = np.array([[0.9, 0.1], [0.8, 0.3], [0.2, 0.6], [0.4, 0.3]], dtype=np.float32)
TARGETS = np.array([[1, 0], [0, 0], [0, 1], [1, 1]], dtype=bool)
WEIGHTS = bootstrap_weights(4, resamples=100, seed=0)


@pytest.fixture
def scored() -> ScoredSplit:
    """By confidence: right with .9, wrong with .8, right with .6 and with .4."""
    return ScoredSplit.of(SCORES, TARGETS, at_thresholds(0.5), WEIGHTS)


def random_split(texts: int) -> ScoredSplit:
    generator = np.random.default_rng(0)
    scores = generator.random((texts, 2)).astype(np.float32)
    targets = generator.random((texts, 2)) < scores
    weights = bootstrap_weights(texts, resamples=200, seed=0)
    return ScoredSplit.of(scores, targets, at_thresholds(0.5), weights)


def test_calibration_by_hand(scored: ScoredSplit) -> None:
    found = measure_calibration(LABELS, scored, WEIGHTS)
    # With fewer texts than bins each text is a bin: the mean distance of score and truth. Both .3
    # of sadness share a bin, where the mean score is .3 and the share is 1/2.
    assert found.ece["joy"].estimate == pytest.approx((0.1 + 0.8 + 0.2 + 0.6) / 4)
    assert found.ece["sadness"].estimate == pytest.approx((0.1 + 2 * 0.2 + 0.4) / 4)
    assert found.mean_ece.estimate == pytest.approx((0.425 + 0.225) / 2)
    squares = (0.01 + 0.64 + 0.04 + 0.36) / 4, (0.01 + 0.09 + 0.16 + 0.49) / 4
    assert found.mean_brier.estimate == pytest.approx(sum(squares) / 2)
    assert found.mean_chance == pytest.approx(chance_error(SCORES).mean())
    equal = expected_calibration_error(SCORES, TARGETS, binning="equal-width").mean()
    assert found.mean_ece_equal_width == pytest.approx(equal)


def test_intervals_surround_their_estimates() -> None:
    scored = random_split(300)
    weights = bootstrap_weights(300, resamples=200, seed=0)
    calibration = measure_calibration(LABELS, scored, weights)
    abstention = measure_abstention(Abstention(threshold=0.6, coverage=1), scored, weights)
    assert abstention.answers is not None
    answers = abstention.answers
    for figure in (
        *calibration.ece.values(),
        *(calibration.mean_ece, calibration.mean_brier, abstention.right, abstention.area),
        *(answers.coverage, answers.right, answers.macro_f1),
    ):
        assert figure.low < figure.estimate < figure.high < figure.low + 0.25


def test_abstention_by_hand(scored: ScoredSplit) -> None:
    found = measure_abstention(None, scored, WEIGHTS)
    assert found.right.estimate == 0.75
    assert found.area.estimate == pytest.approx((0 + 1 / 2 + 1 / 3 + 1 / 4) / 4)
    assert found.answers is None


def test_answers_are_those_that_reach_the_threshold(scored: ScoredSplit) -> None:
    abstaining = Abstention(threshold=float(np.float32(0.6)), coverage=1)
    answers = measure_abstention(abstaining, scored, WEIGHTS).answers
    assert answers is not None
    assert answers.coverage.estimate == 0.75
    assert answers.right.estimate == pytest.approx(2 / 3)
    # Of the first three texts: joy has precision 1/2 and recall 1, sadness is right.
    assert answers.macro_f1.estimate == pytest.approx((2 / 3 + 1) / 2)


def test_a_variant_that_answers_nothing_is_never_right(scored: ScoredSplit) -> None:
    answers = measure_abstention(Abstention(threshold=1, coverage=0), scored, WEIGHTS).answers
    assert answers is not None
    assert (answers.coverage.estimate, answers.right.estimate) == (0, 0)


def test_curves_by_hand(scored: ScoredSplit) -> None:
    found = measure_curves(LABELS, scored)
    assert found.reliability["sadness"].texts == (1, 2, 1)
    assert found.reliability["sadness"].score == pytest.approx((0.1, 0.3, 0.6))
    assert found.reliability["sadness"].observed == (0, 0.5, 1)
    assert found.coverage == (0.25, 0.5, 0.75, 1)
    given = scored.decisions
    for i, j in np.ndindex(2, 2):
        assert found.label_pairs[i][j] == (scored.targets[:, i] & given[:, j]).sum()
    assert found.risk == pytest.approx((0, 1 / 2, 1 / 3, 1 / 4), abs=1e-4)


def test_long_curves_are_thinned_out() -> None:
    found = measure_curves(LABELS, random_split(700))
    assert len(found.risk) == CURVE_STEPS
    assert np.diff(found.coverage) == pytest.approx(1 / CURVE_STEPS, abs=1e-3)
    assert found.coverage[-1] == 1
