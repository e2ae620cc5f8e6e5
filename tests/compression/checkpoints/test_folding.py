"""Folded bases compute the same function as the original ones."""

from pathlib import Path

import numpy as np
import pytest

from compression.checkpoints.checkpoint import Checkpoint
from compression.checkpoints.folding import fold
from compression.checkpoints.structured_pruning import prune_units
from compression.data.dataset import Dataset
from compression.errors import CompressionError
from compression.methods.fine_tuned.lsq import Lsq
from compression.methods.post_training.fp32 import Fp32
from compression.methods.post_training.int8_static import Int8Static
from compression.networks import BagSettings, GruSettings
from compression.settings import BaseSettings, FineTuningSettings
from compression.training.base_training import untrained_base
from compression.training.inference import encode_texts, logits_of
from compression.training.supervision import label_supervision
from edgemood import Classifier
from edgemood.models.base import sigmoid

NARROW = {
    "bag": BagSettings(dim=12, hidden=(5, 4)),
    "bag, one hidden layer": BagSettings(dim=12, hidden=(5,)),
    "bag, no hidden layer": BagSettings(dim=12, hidden=()),
    "gru": GruSettings(dim=20, hidden=3, directions=2, head=(4,)),
    "gru, one direction": GruSettings(dim=20, hidden=4, directions=1, head=()),
}


@pytest.fixture(params=NARROW)
def base(request: pytest.FixtureRequest, dataset: Dataset) -> Checkpoint:
    settings = BaseSettings.model_validate(
        {"seed": 1, "model": NARROW[request.param], "vocabulary": {"min_count": 1}}
    )
    return untrained_base(settings, dataset, key="k")


def logits(checkpoint: Checkpoint, data: Dataset) -> np.ndarray:
    rows = encode_texts(data.dev.texts, checkpoint.vocabulary)
    return logits_of(checkpoint.module(), rows).numpy()


def test_folding_is_exact_and_smaller(base: Checkpoint, dataset: Dataset) -> None:
    folded = fold(base)
    np.testing.assert_allclose(logits(folded, dataset), logits(base, dataset), atol=1e-5)
    before, after = (sum(t.numel() for t in c.state.values()) for c in (base, folded))
    assert after < before


def test_a_folded_artifact_scores_as_its_base(
    base: Checkpoint, dataset: Dataset, tmp_path: Path
) -> None:
    folded = fold(base)
    artifact = Fp32().compress(folded, dataset, label_supervision(dataset.train), folder=tmp_path)
    path = tmp_path / "v.safetensors"
    artifact.save(path)
    opened = Classifier.open(path)
    assert opened.artifact.manifest.sizes["folded"] == 1
    scores = opened.scores(dataset.dev.texts)
    np.testing.assert_allclose(scores, sigmoid(logits(base, dataset)), atol=1e-5)


def test_methods_take_folded_bases(base: Checkpoint, dataset: Dataset, tmp_path: Path) -> None:
    folded, supervised = fold(base), label_supervision(dataset.train)
    brief = FineTuningSettings(epochs=1, batch_size=64, learning_rate=1e-3)
    expected = sigmoid(logits(base, dataset))
    exact = Int8Static().compress(folded, dataset, supervised, folder=tmp_path)
    scores = Classifier(exact).scores(dataset.dev.texts)
    assert np.abs(scores - expected).max() < 0.06
    trained = Lsq(bits=6, training=brief).compress(folded, dataset, supervised, folder=tmp_path)
    assert np.isfinite(Classifier(trained).scores(dataset.dev.texts)).all()


def test_units_of_folded_networks_can_be_pruned(base: Checkpoint, dataset: Dataset) -> None:
    smaller = prune_units(fold(base), 0.5)
    assert np.isfinite(logits(smaller, dataset)).all()
    assert len(list(smaller.module().unit_groups())) == len(list(fold(base).module().unit_groups()))


def test_folding_that_does_not_pay_is_refused(dataset: Dataset, base: Checkpoint) -> None:
    wide = BaseSettings.model_validate({"model": BagSettings(dim=4, hidden=(5,))})
    with pytest.raises(CompressionError, match="4 columns into one of 5"):
        fold(untrained_base(wide, dataset, key="k"))
    with pytest.raises(CompressionError, match="folded already"):
        fold(fold(base))
