"""What every method promises, run over the whole table."""

from pathlib import Path

import numpy as np
import pytest
import torch

from compression.checkpoint import Checkpoint
from compression.dataset import Dataset
from compression.evaluate import scores_of
from compression.inference import encode_texts, logits_of
from compression.methods import METHODS, Method
from edgemood import Classifier

methods = pytest.mark.parametrize("kind", METHODS.values(), ids=METHODS.keys())

LARGEST_MOVE = {"fp32": 1e-5}
"""How far any score may lie from the base's, for methods that are exact."""
LARGEST_MOVE_OF_OTHERS = 0.06


@pytest.fixture(scope="module")
def base_scores(checkpoint: Checkpoint, dataset: Dataset) -> np.ndarray:
    rows = encode_texts(dataset.dev.texts, checkpoint.vocabulary)
    return torch.sigmoid(logits_of(checkpoint.module(), rows)).numpy()


@methods
def test_scores_stay_with_the_base(
    kind: type[Method], checkpoint: Checkpoint, dataset: Dataset, base_scores: np.ndarray
) -> None:
    artifact = kind().compress(checkpoint, dataset)
    scores = scores_of(Classifier(artifact), dataset.dev.texts)
    assert np.abs(scores - base_scores).max() <= LARGEST_MOVE.get(
        kind.method, LARGEST_MOVE_OF_OTHERS
    )


@methods
def test_the_artifact_says_what_it_is(
    kind: type[Method], checkpoint: Checkpoint, dataset: Dataset
) -> None:
    manifest = kind().compress(checkpoint, dataset).manifest
    assert manifest.method == kind.method
    assert manifest.settings == kind().model_dump()
    assert manifest.labels == checkpoint.labels
    assert manifest.architecture == checkpoint.settings.model.architecture


@methods
def test_same_base_same_bytes_and_the_base_is_untouched(
    kind: type[Method], checkpoint: Checkpoint, dataset: Dataset
) -> None:
    before = {name: tensor.clone() for name, tensor in checkpoint.state.items()}
    artifacts = [kind().compress(checkpoint, dataset) for _ in range(2)]
    assert artifacts[0].to_bytes() == artifacts[1].to_bytes()
    assert all(torch.equal(checkpoint.state[name], t) for name, t in before.items())


@methods
def test_methods_do_not_look_at_the_test_split(
    kind: type[Method], checkpoint: Checkpoint, dataset: Dataset
) -> None:
    without = Dataset(dataset.labels, {"train": dataset.train, "dev": dataset.dev})
    assert (
        kind().compress(checkpoint, without).to_bytes()
        == kind().compress(checkpoint, dataset).to_bytes()
    )


@methods
def test_the_file_opens(
    kind: type[Method], checkpoint: Checkpoint, dataset: Dataset, tmp_path: Path
) -> None:
    path = tmp_path / "v.safetensors"
    artifact = kind().compress(checkpoint, dataset)
    artifact.save(path)
    texts = dataset.dev.texts[:5]
    opened = Classifier.open(path).scores(texts)
    np.testing.assert_array_equal(opened, Classifier(artifact).scores(texts))
