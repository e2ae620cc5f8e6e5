"""Calibrated scores, single labels and abstention: by hand, and against scipy."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from scipy import special

from edgemood import Artifact, Classifier, Prediction
from edgemood.decision import DecisionRule, softmax
from edgemood.errors import ScoreError
from edgemood.format.manifest import (
    LARGEST_BIAS,
    LARGEST_SLOPE,
    LARGEST_WEIGHTS,
    SMALLEST_SLOPE,
)

SINGLE = {"decision": "single-label", "thresholds": (0, 0, 0)}
CALIBRATION = {"slopes": (0.5, 2, 1), "biases": (1, -2, 0)}
LARGEST_LOGIT = 2.0**99
"""A file whose logits may be larger is refused."""

calibrations = st.fixed_dictionaries(
    {
        "slopes": st.tuples(*[st.floats(SMALLEST_SLOPE, LARGEST_SLOPE)] * 3),
        "biases": st.tuples(*[st.floats(-LARGEST_BIAS, LARGEST_BIAS)] * 3),
    }
)
shapes = array_shapes(min_dims=2, max_dims=2, max_side=4).map(lambda shape: (shape[0], 3))
logits = arrays(np.float32, shapes, elements=st.floats(-LARGEST_LOGIT, LARGEST_LOGIT, width=32))
moderate = arrays(np.float32, shapes, elements=st.floats(-30, 30, width=32))


@pytest.fixture(scope="module")
def shared(session_artifact: Artifact) -> Artifact:
    return session_artifact


def adaptation(weights: object, biases: object, joined: object = ()) -> dict:
    figures = {"texts": 100, "gain": 0.1, "gain_low": 0, "gain_high": 0.2}
    parent = {"name": "parent", "sha256": 64 * "0"}
    return {"joined": joined, "weights": weights, "biases": biases, "parent": parent, **figures}


def abstaining(threshold: float) -> dict:
    return {"abstention": {"threshold": threshold, "coverage": 0.9}}


def classified(artifact: Artifact, text: str, **changes: object) -> Prediction:
    (prediction,) = Classifier(artifact.with_manifest(**changes)).classify([text])
    return prediction


def values(prediction: Prediction) -> list[float]:
    return list(prediction.scores.values())


# "happy" has the logits (3, -1, -3), "happy sad" (1, 1, -3), and "am" (-1, -1, 1).
def test_calibrated_scores(artifact: Artifact) -> None:
    found = classified(artifact, "happy", calibration=CALIBRATION)
    assert values(found) == pytest.approx([0.924142, 0.017986, 0.047426], abs=1e-6)
    assert found.labels == ("joy",)
    assert found.unsure is None


def test_the_scores_of_a_single_label_variant(artifact: Artifact) -> None:
    found = classified(artifact, "happy", **SINGLE)
    total = np.exp(3) + np.exp(-1) + np.exp(-3)
    assert values(found) == pytest.approx([np.exp(x) / total for x in (3, -1, -3)], rel=1e-6)
    assert found == Prediction(("joy",), found.scores)


def test_a_calibration_can_change_the_single_label(artifact: Artifact) -> None:
    found = classified(
        artifact, "happy", **SINGLE, calibration={**CALIBRATION, "biases": (0, 9, 0)}
    )
    assert values(found) == pytest.approx([0.004070, 0.995885, 0.000045], abs=1e-6)
    assert found.labels == ("sadness",)


def test_of_equal_scores_the_first_counts(artifact: Artifact) -> None:
    assert classified(artifact, "happy sad", **SINGLE).labels == ("joy",)


@pytest.mark.parametrize(
    ("text", "labels", "unsure"), [("happy", ("joy",), False), ("happy sad", (), True)]
)
def test_unsure_single_labels(
    artifact: Artifact, text: str, labels: tuple[str, ...], unsure: bool
) -> None:
    found = classified(artifact, text, **SINGLE, **abstaining(0.6))
    assert (found.labels, found.unsure) == (labels, unsure)


def test_an_unsure_text_loses_labels_that_reach_their_thresholds(artifact: Artifact) -> None:
    """Its highest score is .731."""
    assert classified(artifact, "happy sad").labels == ("joy", "sadness")
    found = classified(artifact, "happy sad", **abstaining(0.8))
    assert (found.labels, found.unsure) == ((), True)
    found = classified(artifact, "happy sad", **abstaining(0.7))
    assert (found.labels, found.unsure) == (("joy", "sadness"), False)


def test_a_text_without_labels_need_not_be_unsure(artifact: Artifact) -> None:
    high = {"thresholds": (1, 1, 1)}
    assert classified(artifact, "happy", **high).unsure is None
    found = classified(artifact, "happy", **high, **abstaining(0.5))
    assert (found.labels, found.unsure) == ((), False)


def test_a_score_at_the_threshold_is_sure_in_its_own_precision(artifact: Artifact) -> None:
    rule = DecisionRule(artifact.with_manifest(**abstaining(0.7)).manifest)
    (prediction,) = rule.predictions(np.full((1, 3), 0.7, np.float32))
    assert prediction.unsure is False


@pytest.mark.parametrize("changes", [{}, abstaining(0.5), SINGLE, {**SINGLE, **abstaining(0.5)}])
def test_no_texts(artifact: Artifact, changes: dict) -> None:
    classifier = Classifier(artifact.with_manifest(**changes))
    assert classifier.classify([]) == []
    assert classifier.rule.decide(np.zeros((0, 3), np.float32)).shape == (0, 3)


@given(x=moderate, calibration=calibrations)
def test_scores_are_those_of_scipy(shared: Artifact, x: np.ndarray, calibration: dict) -> None:
    slopes, biases = (np.array(calibration[name], np.float32) for name in ("slopes", "biases"))
    affine = slopes * x + biases
    both = [
        (shared.with_manifest(calibration=calibration), special.expit(affine)),
        (shared.with_manifest(**SINGLE, calibration=calibration), special.softmax(affine, axis=1)),
    ]
    for artifact, expected in both:
        np.testing.assert_allclose(DecisionRule(artifact.manifest).scores(x), expected, atol=1e-5)


def test_an_adaptation_comes_after_the_calibration(artifact: Artifact) -> None:
    """Calibrated, "happy" has the logits (2.5, -4, -3); the map adds -2 and 6.25."""
    rows = ((1, 0.5, 0), (0, 1, -2), (0, 0, 1))
    found = classified(
        artifact, "happy", calibration=CALIBRATION, adaptation=adaptation(rows, (0, 0.25, 1))
    )
    assert values(found) == pytest.approx(special.expit([0.5, 2.25, -2]), abs=1e-6)
    assert found.labels == ("joy", "sadness")


def test_fewer_labels_than_the_network_has(artifact: Artifact) -> None:
    """ "happy" has the logits (3, -1, -3), and log(e^-1 + e^-3) is -.873."""
    changes = {"labels": ("joy", "rest"), "thresholds": (0.5, 0.2)}
    mapped = adaptation(((1, 0, 0, 0), (0, 0, 0, 1)), (0, 0), joined=((1, 2),))
    found = classified(artifact, "happy", adaptation=mapped, **changes)
    assert values(found) == pytest.approx(special.expit([3, -0.873072]), abs=1e-6)
    assert found.labels == ("joy", "rest")
    single = {**changes, "decision": "single-label", "thresholds": (0, 0)}
    found = classified(artifact, "happy", adaptation=mapped, **single)
    together = classified(artifact, "happy", **SINGLE)
    assert found.scores["rest"] == pytest.approx(sum(values(together)[1:]), rel=1e-5)


@pytest.mark.parametrize("decision", [{}, SINGLE])
@given(x=logits, calibration=st.none() | calibrations)
def test_the_identity_changes_no_bit(
    shared: Artifact, decision: dict, x: np.ndarray, calibration: dict | None
) -> None:
    before = shared.with_manifest(calibration=calibration, **decision)
    after = before.with_manifest(adaptation=adaptation(np.eye(3).tolist(), (0, 0, 0)))
    expected = DecisionRule(before.manifest).scores(x)
    np.testing.assert_array_equal(DecisionRule(after.manifest).scores(x), expected)


@given(x=moderate, seed=st.integers(0, 2**32 - 1))
def test_an_adaptation_is_that_of_numpy_and_the_same_for_each_text_alone(
    shared: Artifact, x: np.ndarray, seed: int
) -> None:
    generator = np.random.default_rng(seed)
    weights = generator.normal(size=(3, 4)).astype(np.float32)
    weights, biases = weights.tolist(), generator.normal(size=3).tolist()
    adapted = shared.with_manifest(adaptation=adaptation(weights, biases, joined=((0, 1),)))
    rule = DecisionRule(adapted.manifest)
    inputs = np.hstack([x, np.logaddexp(x[:, :1], x[:, 1:2])])
    expected = special.expit(inputs @ np.array(weights).T + biases)
    scores = rule.scores(x)
    np.testing.assert_allclose(scores, expected, atol=1e-4)
    alone = [rule.scores(x[i : i + 1]) for i in range(len(x))]
    np.testing.assert_array_equal(scores, np.concatenate(alone))


@pytest.mark.filterwarnings("error")
@given(x=logits, calibration=st.none() | calibrations, seed=st.integers(0, 2**32 - 1))
def test_any_logits_and_any_adaptation_of_a_file_give_finite_scores(
    shared: Artifact, x: np.ndarray, calibration: dict | None, seed: int
) -> None:
    generator = np.random.default_rng(seed)
    weights = generator.normal(size=(3, 5))
    weights *= 0.999 * LARGEST_WEIGHTS / np.abs(weights).sum(axis=1, keepdims=True)
    mapped = adaptation(weights.tolist(), (0, 0, LARGEST_BIAS), joined=((0, 1), (0, 1, 2)))
    for decision in ({}, SINGLE):
        changes = {"calibration": calibration, "adaptation": mapped, **decision}
        scores = DecisionRule(shared.with_manifest(**changes).manifest).scores(x)
        assert ((scores >= 0) & (scores <= 1)).all()


@given(x=moderate)
def test_the_softmax_does_not_change_if_all_logits_move(x: np.ndarray) -> None:
    np.testing.assert_allclose(softmax(x + 100), softmax(x), atol=1e-4)


@pytest.mark.filterwarnings("error")
@given(x=logits, calibration=st.none() | calibrations, threshold=st.none() | st.floats(0, 1))
def test_any_logits_of_a_file_give_finite_scores_and_one_label_at_most(
    shared: Artifact, x: np.ndarray, calibration: dict | None, threshold: float | None
) -> None:
    abstention = {} if threshold is None else abstaining(threshold)
    single = shared.with_manifest(**SINGLE, calibration=calibration, **abstention)
    rule = DecisionRule(single.manifest)
    scores = rule.scores(x)
    np.testing.assert_allclose(scores.sum(axis=1), 1, rtol=1e-5)
    assert ((scores >= 0) & (scores <= 1)).all()
    for row, prediction in zip(scores, rule.predictions(scores), strict=True):
        unsure = threshold is not None and bool(row.max() < np.float32(threshold))
        assert prediction.unsure is (None if threshold is None else unsure)
        first = shared.manifest.labels[row.tolist().index(row.max())]
        assert prediction.labels == (() if unsure else (first,))


@pytest.mark.parametrize("decision", [{}, SINGLE])
@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_logits_that_are_no_numbers(artifact: Artifact, decision: dict, value: float) -> None:
    rule = DecisionRule(artifact.with_manifest(**decision).manifest)
    with pytest.raises(ScoreError):
        rule.scores(np.array([[value, np.nan, -np.inf]], np.float32))
