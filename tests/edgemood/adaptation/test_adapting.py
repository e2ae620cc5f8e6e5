"""Adaptations of a variant, from logits and labels."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edgemood import Artifact, Classifier
from edgemood.adaptation import adapting
from edgemood.adaptation.adapting import Examples, Fitted, adapted, fit_adaptation
from edgemood.adaptation.gain import Gain, label_f1
from edgemood.adaptation.label_set import LabelSet
from edgemood.decision import DecisionRule, softmax
from edgemood.errors import AdaptationError

Make = Callable[..., Examples]
SAME = LabelSet.same(("joy", "sadness", "neutral"))
SINGLE = {"decision": "single-label", "thresholds": (0, 0, 0)}
SHA = 64 * "a"


@pytest.fixture(scope="module")
def shared(session_artifact: Artifact) -> Artifact:
    return session_artifact


@pytest.fixture(scope="module")
def fitted(shared: Artifact, make_examples: Make) -> Fitted:
    return fit_adaptation(shared.manifest, SAME, make_examples())


def stored(artifact: Artifact, fitted: Fitted, name: str = "mine") -> Artifact:
    return adapted(artifact, fitted, name=name, parent_sha256=SHA)


def test_a_shifted_label_gains(fitted: Fitted) -> None:
    """Texts have joy from a logit of about -2, and the parent gives it from 0."""
    assert not fitted.is_full
    assert fitted.map.biases[0] > 1
    assert fitted.gain.low > 0
    assert fitted.is_clear
    joy = fitted.by_label[0]
    assert joy.label == "joy"
    assert joy.after > joy.before + 0.1
    means = [np.mean([row[column] for row in fitted.by_label]) for column in (2, 3)]
    assert fitted.gain.estimate == pytest.approx(means[1] - means[0])


def test_new_texts_gain_what_was_estimated(shared: Artifact, make_examples: Make) -> None:
    fitted = fit_adaptation(shared.manifest, SAME, make_examples(400))
    unseen = make_examples(20_000, seed=1)
    after = DecisionRule(stored(shared, fitted).manifest)
    before = DecisionRule(shared.manifest)
    macro_f1 = [
        label_f1(rule.decide(rule.scores(unseen.logits)), unseen.targets).mean()
        for rule in (before, after)
    ]
    assert fitted.gain.low <= macro_f1[1] - macro_f1[0] <= fitted.gain.high


@pytest.mark.parametrize("single", [False, True])
def test_three_hundred_texts_make_a_full_map(
    shared: Artifact, make_examples: Make, single: bool
) -> None:
    manifest = shared.with_manifest(**SINGLE).manifest if single else shared.manifest
    for texts, full in ((299, False), (300, True)):
        found = fit_adaptation(manifest, SAME, make_examples(texts, single=single))
        assert found.is_full == full
        assert (np.count_nonzero(found.map.weights) > 3) == full
        assert found.gain.estimate > 0
        assert any(found.thresholds) != single


def test_a_large_softmax_stays_diagonal(
    shared: Artifact, make_examples: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(adapting, "MAX_VARIABLES", 11)
    examples = make_examples(300, single=True)
    manifest = shared.with_manifest(**SINGLE).manifest
    assert not fit_adaptation(manifest, SAME, examples).is_full


@settings(max_examples=5)
@given(seed=st.integers(0, 1000), texts=st.sampled_from([60, 310]))
def test_the_order_of_the_texts_changes_nothing(
    shared: Artifact, make_examples: Make, seed: int, texts: int
) -> None:
    examples = make_examples(texts, seed=seed)
    keys = [f"text {i // 2}" for i in range(texts)]  # each twice
    examples = replace(examples, keys=keys)
    order = np.random.default_rng(seed).permutation(texts)
    other = Examples(examples.logits[order], examples.targets[order], [keys[i] for i in order])
    one = stored(shared, fit_adaptation(shared.manifest, SAME, examples))
    assert stored(shared, fit_adaptation(shared.manifest, SAME, other)).to_bytes() == one.to_bytes()


def test_another_seed_gives_other_folds(shared: Artifact, make_examples: Make) -> None:
    gains = {
        fit_adaptation(shared.manifest, SAME, make_examples(), seed=seed).gain for seed in range(3)
    }
    assert len(gains) == 3


def test_the_weights_and_the_vocabulary_are_the_parents(shared: Artifact, fitted: Fitted) -> None:
    calibration = {"slopes": (0.5, 2, 1), "biases": (1, -2, 0)}
    parent = shared.with_manifest(
        calibration=calibration, metrics={"test": {"macro_f1": 0.5}}, settings={"bits": 5}
    )
    found = stored(parent, fitted)
    before, after = parent.arrays(), found.arrays()
    assert before.keys() == after.keys()
    for name, array in before.items():
        assert (array.dtype, array.tobytes()) == (after[name].dtype, after[name].tobytes())
    manifest = found.manifest
    assert manifest.weights == parent.manifest.weights
    assert manifest.calibration == parent.manifest.calibration
    assert manifest.settings == parent.manifest.settings
    assert (manifest.name, manifest.metrics, manifest.format_version) == ("mine", {}, 5)
    assert manifest.adaptation is not None
    assert (manifest.adaptation.parent.name, manifest.adaptation.parent.sha256) == ("tiny", SHA)
    assert manifest.adaptation.texts == 120
    assert manifest.adaptation.gain == round(fitted.gain.estimate, 4)


def test_the_file_computes_what_was_fitted(shared: Artifact, make_examples: Make) -> None:
    fitted = fit_adaptation(shared.manifest, SAME, make_examples(300))
    logits = make_examples(50, seed=3).logits
    found = DecisionRule(stored(shared, fitted).manifest).label_logits(logits)
    np.testing.assert_allclose(found, fitted.map(logits.astype(np.float64)), atol=1e-4)


def test_a_label_that_no_text_has_stays_as_it_is(shared: Artifact, make_examples: Make) -> None:
    examples = make_examples(310)
    examples.targets[:, 1] = False
    found = fit_adaptation(shared.manifest, SAME, examples)
    assert found.unfitted == ("sadness",)
    assert (found.map.weights[1].tolist(), found.map.biases[1]) == ([0, 1, 0], 0)
    assert found.thresholds[1] == shared.manifest.thresholds[1]
    assert (found.by_label[1].texts, found.by_label[1].after) == (0, 0)
    others = [row.after - row.before for row in found.by_label if row.texts]
    assert found.gain.estimate == pytest.approx(np.mean(others))


def test_labels_that_join_others(shared: Artifact, make_examples: Make) -> None:
    label_set = LabelSet.parse(["good=joy", "other=sadness,neutral"], shared.manifest.labels)
    examples = make_examples(310)
    joined = np.stack([examples.targets[:, 0], examples.targets[:, 1:].any(axis=1)], axis=1)
    fitted = fit_adaptation(shared.manifest, label_set, replace(examples, targets=joined))
    found = stored(shared, fitted)
    assert found.manifest.labels == ("good", "other")
    assert found.manifest.outputs == 3
    assert found.manifest.adaptation is not None
    assert found.manifest.adaptation.joined == ((1, 2),)
    (prediction,) = Classifier(found).classify(["happy"])
    assert list(prediction.scores) == ["good", "other"]


def test_a_softmax_of_joined_labels_begins_at_the_sum_of_their_shares(
    shared: Artifact, make_examples: Make
) -> None:
    """With the identity as the map, and before any fit."""
    parent = shared.with_manifest(**SINGLE)
    label_set = LabelSet.parse(["good=joy", "other=sadness,neutral"], parent.manifest.labels)
    logits = make_examples(20).logits
    identity = adapting.AffineMap.identity(label_set.own(3), 4)
    shares = softmax(logits)
    found = softmax(identity(label_set.inputs(logits)).astype(np.float32))
    np.testing.assert_allclose(found[:, 1], shares[:, 1] + shares[:, 2], rtol=1e-5)


def test_an_adapted_variant_can_be_adapted_again(shared: Artifact, make_examples: Make) -> None:
    """The second map is fitted to the logits of the first; the file holds their composition."""
    calibration = {"slopes": (0.5, 2, 1), "biases": (1, -2, 0)}
    label_set = LabelSet.parse(["good=joy", "other=sadness,neutral"], shared.manifest.labels)
    examples = make_examples(310)
    joined = np.stack([examples.targets[:, 0], examples.targets[:, 1:].any(axis=1)], axis=1)
    parent = shared.with_manifest(calibration=calibration)
    examples = replace(examples, targets=joined)
    first = stored(parent, fit_adaptation(parent.manifest, label_set, examples), "first")
    logits = make_examples(310, seed=5, shift=1.0).logits
    between = DecisionRule(first.manifest).label_logits(logits)
    again = replace(examples, logits=between)
    fitted = fit_adaptation(first.manifest, LabelSet.same(("good", "other")), again)
    second = stored(first, fitted, "second").manifest
    expected = fitted.map(between.astype(np.float64))
    np.testing.assert_allclose(DecisionRule(second).label_logits(logits), expected, atol=1e-4)
    assert second.adaptation is not None
    assert second.adaptation.parent.name == "first"
    one = LabelSet.parse(["any=good,other"], ("good", "other"))
    with pytest.raises(AdaptationError, match=r"first is adapted already; join labels of .* tiny"):
        stored(first, replace(fitted, label_set=one), "third")


def test_an_unsure_share_stays(shared: Artifact, make_examples: Make) -> None:
    abstention = {"threshold": 0.9, "coverage": 0.75, "precision": 0.8}
    parent = shared.with_manifest(abstention=abstention)
    found = stored(parent, fit_adaptation(parent.manifest, SAME, make_examples(200))).manifest
    assert found.abstention is not None
    assert found.abstention.threshold != 0.9
    assert found.abstention.coverage == pytest.approx(0.75, abs=0.01)
    rule = DecisionRule(found)
    unsure = rule.unsure(rule.scores(make_examples(5000, seed=9).logits))
    assert unsure is not None
    assert 1 - unsure.mean() == pytest.approx(0.75, abs=0.08)


def test_provenance_states_nothing_about_metrics_that_are_left_out(
    shared: Artifact, fitted: Fitted
) -> None:
    provenance = {
        "recipe": "edge",
        "data_sha256": SHA,
        "seed": 0,
        "parent": "base",
        "edgemood_version": "0",
        "measured_on": {"test": SHA},
    }
    found = stored(shared.with_manifest(provenance=provenance), fitted).manifest.provenance
    assert found is not None
    assert (found.recipe, found.measured_on) == ("edge", {})


def test_a_gain_whose_interval_includes_zero_is_not_clear(fitted: Fitted) -> None:
    assert not replace(fitted, gain=Gain(0.1, 0.0, 0.2)).is_clear
    assert not replace(fitted, gain=Gain(-0.1, -0.2, -0.05)).is_clear


@pytest.mark.parametrize("texts", [0, 29])
def test_too_few_texts(shared: Artifact, make_examples: Make, texts: int) -> None:
    with pytest.raises(AdaptationError, match=f"{texts} texts; at least 30"):
        fit_adaptation(shared.manifest, SAME, make_examples(texts))


def test_labels_that_all_texts_have_or_none(shared: Artifact, make_examples: Make) -> None:
    examples = make_examples()
    examples.targets[:] = [True, False, True]
    with pytest.raises(AdaptationError, match="on all of the texts or on none"):
        fit_adaptation(shared.manifest, SAME, examples)


def test_more_labels_than_a_file_holds(shared: Artifact, make_examples: Make) -> None:
    examples = replace(make_examples(), logits=np.zeros((120, 200), np.float32))
    with pytest.raises(AdaptationError, match=r"a map of 40,000 weights; .* 16,384"):
        fit_adaptation(shared.manifest, LabelSet.same([str(i) for i in range(200)]), examples)


def test_a_name_that_no_variant_can_have(shared: Artifact, fitted: Fitted) -> None:
    with pytest.raises(AdaptationError, match="a file cannot hold the result: name: "):
        stored(shared, fitted, "Not a name")


def test_progress_is_reported(shared: Artifact, make_examples: Make) -> None:
    calls: list[tuple[int, int]] = []
    fit_adaptation(
        shared.manifest, SAME, make_examples(40), report=lambda *call: calls.append(call)
    )
    assert calls == [(i + 1, 80) for i in range(80)]
