"""From texts to labels, by hand."""

import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from edgemood import Artifact, Classifier
from edgemood.classifier import MAX_CHUNK_TOKENS

VARIANTS = Path(__file__).parents[2] / "variants"


def sigmoid(x: float) -> float:
    return 1 / (1 + np.exp(-x))


def test_by_hand(artifact_path: Path) -> None:
    # "happy" alone pools to (4, 0), logits (3, -1, -3); "am" is a zero row, so the bias is left.
    happy, am = Classifier.open(artifact_path).classify(["HAPPY", "am"])
    assert happy.labels == ("joy",)
    assert list(happy.scores) == ["joy", "sadness", "neutral"]
    np.testing.assert_allclose(
        list(happy.scores.values()), [sigmoid(3), sigmoid(-1), sigmoid(-3)], rtol=1e-6
    )
    assert am.labels == ("neutral",)


def test_the_default_is_the_variant_in_the_package() -> None:
    classifier = Classifier.default()
    assert classifier.artifact.manifest.name == "apot-kd"
    assert classifier.classify(["thank you so much"])[0].labels == ("joy",)


def test_several_labels_and_none(artifact: Artifact) -> None:
    (both,) = Classifier(artifact).classify(["happy sad"])
    assert both.labels == ("joy", "sadness")
    (none,) = Classifier(artifact.with_manifest(thresholds=(1, 1, 1))).classify(["happy"])
    assert none.labels == ()


def test_a_score_at_its_threshold_counts(artifact: Artifact) -> None:
    score = float(Classifier(artifact).scores(["happy"])[0, 0])
    at = Classifier(artifact.with_manifest(thresholds=(score, 0.5, 0.6)))
    assert at.classify(["happy"])[0].labels == ("joy",)


def test_thresholds_are_compared_in_the_scores_own_precision(artifact: Artifact) -> None:
    classifier = Classifier(artifact.with_manifest(thresholds=(0.7, 0.7, 0.7)))
    (prediction,) = classifier.predictions(np.full((1, 3), 0.7, dtype=np.float32))
    assert prediction.labels == ("joy", "sadness", "neutral")


def test_no_texts_give_no_rows(artifact: Artifact) -> None:
    classifier = Classifier(artifact)
    assert classifier.scores([]).shape == (0, 3)
    assert classifier.classify([]) == []


@pytest.mark.parametrize("text", ["", "   ", "zzz", "\u200b", "\ud800"])
def test_texts_without_known_words_are_one_unknown_word(artifact: Artifact, text: str) -> None:
    classifier = Classifier(artifact)
    np.testing.assert_array_equal(classifier.scores([text]), classifier.scores(["unknownword"]))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(texts=st.lists(st.text(max_size=20), max_size=5))
def test_any_text_gets_scores_between_zero_and_one(artifact: Artifact, texts: list[str]) -> None:
    scores = Classifier(artifact).scores(texts)
    assert scores.shape == (len(texts), 3)
    assert ((scores >= 0) & (scores <= 1)).all()


def test_memory_is_counted_by_part_and_final(artifact: Artifact) -> None:
    classifier = Classifier(artifact)
    before = classifier.resident_bytes
    assert before.keys() == {"vocabulary", *artifact.weights}
    assert before["embedding"] == 9 * 2 * 4
    classifier.classify(["happy sad", "am"])
    assert classifier.resident_bytes == before


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(lengths=st.lists(st.integers(0, 9), min_size=1, max_size=12), max_tokens=st.integers(1, 12))
def test_batches_are_those_of_infer_and_so_are_the_scores(
    artifact: Artifact, lengths: list[int], max_tokens: int
) -> None:
    classifier = Classifier(artifact)
    texts = ["happy sad other"[: n * 2] * n for n in lengths]
    classifier.chunk_tokens = max_tokens
    whole = classifier.encode(texts)
    batches = list(classifier.batches(iter(texts)))
    expected = list(whole.chunks(max_tokens))
    scores = classifier.to_scores([classifier.logits(batch) for batch in batches])
    assert [b.ids.tolist() for b in batches] == [b.ids.tolist() for b in expected]
    assert [b.lengths.tolist() for b in batches] == [b.lengths.tolist() for b in expected]
    assert scores.tobytes() == classifier.infer(whole).tobytes()


def test_texts_are_encoded_only_when_their_batch_is_asked_for(artifact: Artifact) -> None:
    classifier = Classifier(artifact)
    classifier.chunk_tokens = 1
    texts = iter(["happy", "sad", "happy", "sad"])
    next(classifier.batches(texts))
    assert len(list(texts)) == 2  # the second text ended the first batch


@pytest.mark.parametrize("path", sorted(VARIANTS.glob("*.safetensors")), ids=lambda path: path.stem)
def test_memory_of_the_shipped_variants(path: Path) -> None:
    classifier = Classifier.open(path, max_memory_bytes=64 * 2**20)
    assert classifier.chunk_tokens == MAX_CHUNK_TOKENS
    tokens = 10_000
    text = " ".join(["happy", "unknownword"] * (tokens // 2))
    tracemalloc.start()
    try:
        batch = classifier.encode([text])
        before = tracemalloc.get_traced_memory()[0]
        tracemalloc.reset_peak()
        classifier.infer(batch)
        peak = tracemalloc.get_traced_memory()[1] - before
    finally:
        tracemalloc.stop()
    memory = classifier.memory
    assert len(batch.ids) == tokens
    assert peak <= memory.block + memory.text + tokens * memory.token
    assert peak < 32 * 2**20
