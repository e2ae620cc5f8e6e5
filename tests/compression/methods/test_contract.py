"""The contract of every method, for the whole table and every architecture."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from compression.checkpoints.checkpoint import Checkpoint
from compression.data.dataset import Dataset
from compression.evaluation.scores import predict_scores
from compression.methods import METHODS, Method, trains_further
from compression.training.inference import encode_texts, logits_of
from compression.training.supervision import label_supervision
from edgemood import Artifact, Classifier

methods = pytest.mark.parametrize("kind", METHODS.values(), ids=METHODS.keys())

LARGEST_MOVE = {"fp32": 1e-5, "fp16": 1e-3, "int8-dynamic": 0.03, "int8-static": 0.03}
"""The largest difference of a score from the base's, for methods without fine-tuning."""
LARGEST_MEAN_MOVE = 0.05
"""The mean difference of a score from the base's, for all methods."""
LEAST_AGREEMENT = 0.93
"""Share of the decisions at one half that equal the base's, for all methods."""
SETTINGS = {
    "prune": {"sparsity": 0.2},
    "prune-structured": {"units": 0.2, "words": 0.1},
    "low-rank": {"energy": 0.97},
    "mixed": {"max_loss": 0.05, "widths": (8, 6)},
}
"""Weaker compression than the default, for networks with a few hundred weights."""

Compress = Callable[[type[Method]], Artifact]


def make(kind: type[Method]) -> Method:
    return kind(**SETTINGS.get(kind.method, {}))


@pytest.fixture(scope="module")
def base_scores(checkpoint: Checkpoint, dataset: Dataset) -> np.ndarray:
    rows = encode_texts(dataset.dev.texts, checkpoint.vocabulary)
    return torch.sigmoid(logits_of(checkpoint.module(), rows)).numpy()


@pytest.fixture(scope="module")
def compressed(
    checkpoint: Checkpoint, dataset: Dataset, tmp_path_factory: pytest.TempPathFactory
) -> Compress:
    """Each method's artifact, made once."""
    made: dict[str, Artifact] = {}

    def compress(kind: type[Method]) -> Artifact:
        if kind.method not in made:
            folder = tmp_path_factory.mktemp(kind.method)
            method, supervised = make(kind), label_supervision(dataset.train)
            made[kind.method] = method.compress(checkpoint, dataset, supervised, folder=folder)
            method.clear(checkpoint, folder=folder)
            assert list(folder.iterdir()) == []  # unfinished work is deleted
        return made[kind.method]

    return compress


@methods
def test_scores_are_near_the_base(
    kind: type[Method], compressed: Compress, dataset: Dataset, base_scores: np.ndarray
) -> None:
    scores = predict_scores(Classifier(compressed(kind)), dataset.dev.texts)
    assert ((scores > 0.5) == (base_scores > 0.5)).mean() >= LEAST_AGREEMENT
    moves = np.abs(scores - base_scores)
    assert moves.mean() <= LARGEST_MEAN_MOVE
    if not trains_further(kind.method):
        assert moves.max() <= LARGEST_MOVE[kind.method]


def test_the_bounds_tell_another_texts_scores_apart(base_scores: np.ndarray) -> None:
    others = np.roll(base_scores, 1, axis=0)
    assert np.abs(others - base_scores).mean() > 2 * LARGEST_MEAN_MOVE
    assert ((others > 0.5) == (base_scores > 0.5)).mean() < LEAST_AGREEMENT


@methods
def test_the_manifest_describes_the_artifact(
    kind: type[Method], compressed: Compress, checkpoint: Checkpoint
) -> None:
    manifest = compressed(kind).manifest
    assert manifest.method == kind.method
    assert manifest.settings == make(kind).model_dump(mode="json")
    assert kind.model_validate(manifest.settings) == make(kind)
    assert manifest.labels == checkpoint.labels
    assert manifest.architecture == checkpoint.settings.model.architecture


@methods
def test_same_base_same_bytes_and_neither_base_nor_test_split_matter(
    kind: type[Method],
    compressed: Compress,
    checkpoint: Checkpoint,
    dataset: Dataset,
    tmp_path: Path,
) -> None:
    before = {name: tensor.clone() for name, tensor in checkpoint.state.items()}
    without = Dataset(dataset.labels, {"train": dataset.train, "dev": dataset.dev})
    again = make(kind).compress(
        checkpoint, without, label_supervision(dataset.train), folder=tmp_path
    )
    assert again.to_bytes() == compressed(kind).to_bytes()
    assert all(torch.equal(checkpoint.state[name], t) for name, t in before.items())


@methods
def test_the_file_opens(
    kind: type[Method], compressed: Compress, dataset: Dataset, tmp_path: Path
) -> None:
    path = tmp_path / "v.safetensors"
    compressed(kind).save(path)
    texts = dataset.dev.texts[:5]
    opened = Classifier.open(path).scores(texts)
    np.testing.assert_array_equal(opened, Classifier(compressed(kind)).scores(texts))


@methods
def test_a_vocabulary_of_fingerprints_changes_nothing_else(
    kind: type[Method],
    compressed: Compress,
    checkpoint: Checkpoint,
    dataset: Dataset,
    tmp_path: Path,
) -> None:
    """The rows are in another order, which every method must follow."""
    base = checkpoint.with_vocabulary("fingerprints")
    assert base.words != checkpoint.words
    artifact = make(kind).compress(base, dataset, label_supervision(dataset.train), folder=tmp_path)
    assert artifact.manifest.vocabulary == "fingerprints"
    path = tmp_path / "v.safetensors"
    artifact.save(path)
    scores = Classifier.open(path).scores(dataset.dev.texts)
    plain = predict_scores(Classifier(compressed(kind)), dataset.dev.texts)
    assert ((scores > 0.5) == (plain > 0.5)).mean() >= LEAST_AGREEMENT
    if not trains_further(kind.method):
        np.testing.assert_array_equal(scores, plain)
