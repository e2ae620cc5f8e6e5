"""Variants adapted to draws of dev and measured on test."""

from pathlib import Path

import numpy as np
import pytest

from compression.data.dataset import Dataset, Split
from compression.errors import CompressionError
from compression.evaluation.adaptation.measurement import measure_adaptations
from edgemood import Artifact, Classifier
from edgemood.format.file import file_sha256

LABELS = ("joy", "sadness", "neutral")
WORDS = np.array(["happy", "sad", "am", "i", "!!"])


def split(texts: int, seed: int) -> Split:
    """Everything sad is joyful, too, which the variant does not know."""
    words = np.random.default_rng(seed).choice(WORDS, size=(texts, 3))
    happy, sad = ((words == word).any(axis=1) for word in ("happy", "sad"))
    targets = np.stack([happy | sad, sad, ~happy & ~sad], axis=1)
    return Split(tuple(f"{' '.join(row)} {i}" for i, row in enumerate(words)), targets)


@pytest.fixture
def data() -> Dataset:
    return Dataset(LABELS, {"train": split(9, 0), "dev": split(120, 1), "test": split(200, 2)})


def test_gains_on_texts_that_were_not_fitted_to(artifact_path: Path, data: Dataset) -> None:
    found = measure_adaptations([artifact_path], data, source="s", sizes=[40, 120], draws=2)
    assert (found.source, found.test_texts) == ("s", 200)
    assert found.measured_on == data.splits["test"].sha256
    (result,) = found.results
    assert (result.name, result.file_sha256) == ("tiny", file_sha256(artifact_path))
    small, large = result.adapted
    assert (small.texts, small.draws, large.texts) == (40, 2, 120)
    for own in result.adapted:
        assert own.gain.low <= own.gain.estimate <= own.gain.high
        assert own.gain.estimate == pytest.approx(own.gain_of_draws.mean)
        assert own.macro_f1.estimate == pytest.approx(result.macro_f1.estimate + own.gain.estimate)
        assert own.clear in {0, 0.5, 1}
    assert large.gain.low > 0
    assert large.ece < result.ece
    assert large.clear == 1
    # Both draws are all of dev, so that they differ in nothing.
    assert large.gain_of_draws.sd == pytest.approx(0, abs=1e-12)


def test_the_variant_as_it_was(artifact: Artifact, artifact_path: Path, data: Dataset) -> None:
    test = data.splits["test"]
    (result,) = measure_adaptations([artifact_path], data, source=None, sizes=[30], draws=1).results
    decided = np.array(
        [[label in p.labels for label in LABELS] for p in Classifier(artifact).classify(test.texts)]
    )
    both = (decided & test.targets).sum(axis=0)
    f1 = 2 * both / (decided.sum(axis=0) + test.targets.sum(axis=0))
    assert result.macro_f1.estimate == pytest.approx(f1.mean())


def test_what_cannot_be_measured(artifact: Artifact, artifact_path: Path, data: Dataset) -> None:
    with pytest.raises(CompressionError, match="500 texts of dev"):
        measure_adaptations([artifact_path], data, source=None, sizes=[30, 500], draws=1)
    artifact.with_manifest(labels=("a", "b", "c")).save(artifact_path)
    with pytest.raises(CompressionError, match="its labels are not those of the data"):
        measure_adaptations([artifact_path], data, source=None, sizes=[30], draws=1)
