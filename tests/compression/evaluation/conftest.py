"""Two variants on four texts; every figure of them can be computed by hand."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from compression.data.dataset import Dataset, Split
from compression.evaluation import measurement
from compression.evaluation.results import Evaluation
from compression.evaluation.run import evaluate
from compression.settings import TransformerSettings
from compression.teachers.teacher import Teacher
from edgemood import Artifact, Classifier

LABELS = ("joy", "sadness", "neutral")
TEXTS = ("happy happy", "sad", "i am", "am i sad")
TARGETS = np.array([[1, 0, 0], [1, 0, 0], [0, 1, 0], [0, 0, 1]], dtype=bool)
SCORES = {
    # At its thresholds of .5, .5, .6 the first variant misses only the second text's joy.
    "one": [[0.9, 0.1, 0.1], [0.45, 0.1, 0.1], [0.1, 0.8, 0.1], [0.1, 0.1, 0.7]],
    # The second variant finds it, with a threshold of .4, and misses sadness.
    "two": [[0.9, 0.1, 0.1], [0.45, 0.1, 0.1], [0.1, 0.3, 0.1], [0.1, 0.1, 0.7]],
}


@pytest.fixture
def paths(artifact: Artifact, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """Files of the variants `one` and `two`, which get `SCORES`."""

    def scores(classifier: Classifier, texts: tuple[str, ...]) -> np.ndarray:
        assert texts == TEXTS
        return np.array(SCORES[classifier.artifact.manifest.name], dtype=np.float32)

    monkeypatch.setattr(measurement, "predict_scores", scores)
    artifact.with_manifest(name="one").save(tmp_path / "one.safetensors")
    second = artifact.with_manifest(name="two", thresholds=(0.4, 0.5, 0.6))
    second.save(tmp_path / "two.safetensors")
    return [tmp_path / "one.safetensors", tmp_path / "two.safetensors"]


@pytest.fixture
def data() -> Dataset:
    split = Split(TEXTS, TARGETS)
    return Dataset(LABELS, {"train": split, "dev": split, "test": split})


@pytest.fixture
def make_teacher(data: Dataset, tmp_path: Path) -> Callable[..., Teacher]:
    """Gives a teacher of 1,000 bytes with given logits."""

    def make(logits: torch.Tensor, name: str = "big") -> Teacher:
        class Fixed(Teacher):
            file_bytes = 1_000

            def head_logits(self, head: str, texts: object) -> torch.Tensor:
                return logits

        return Fixed(name, TransformerSettings(model="m", sha256="0" * 64), data, tmp_path)

    return make


@pytest.fixture
def evaluation(artifact: Artifact, data: Dataset, tmp_path: Path) -> Evaluation:
    """Of `fp32` and two seeds of `small`, with timings."""
    files = [tmp_path / f"{name}.safetensors" for name in ("fp32", "small.s0", "small.s1")]
    for path, threshold in zip(files, (0.5, 0.4, 0.9), strict=True):
        artifact.with_manifest(name=path.stem, thresholds=(threshold,) * 3).save(path)
    return evaluate(files, data, split="dev", timed=True)
