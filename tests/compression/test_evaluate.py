"""`evaluate` on four texts and two variants whose every figure can be worked out by hand."""

from pathlib import Path

import numpy as np
import pytest

from compression import evaluate as evaluating
from compression.dataset import Dataset, Split
from compression.errors import CompressionError
from compression.evaluate import evaluate
from edgemood import Artifact, Classifier

LABELS = ("joy", "sadness", "neutral")
TEXTS = ("a", "b", "c", "d")
TARGETS = np.array([[1, 0, 0], [1, 0, 0], [0, 1, 0], [0, 0, 1]], dtype=bool)
SCORES = {
    # At its thresholds of .5, .5, .6 the first variant is right but for the second text's joy.
    "one": [[0.9, 0.1, 0.1], [0.45, 0.1, 0.1], [0.1, 0.8, 0.1], [0.1, 0.1, 0.7]],
    # The second finds it, at a threshold of .4, and misses sadness.
    "two": [[0.9, 0.1, 0.1], [0.45, 0.1, 0.1], [0.1, 0.3, 0.1], [0.1, 0.1, 0.7]],
}


@pytest.fixture
def paths(artifact: Artifact, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    def scores(classifier: Classifier, texts: tuple[str, ...]) -> np.ndarray:
        assert texts == TEXTS
        return np.array(SCORES[classifier.artifact.manifest.name], dtype=np.float32)

    monkeypatch.setattr(evaluating, "scores_of", scores)
    artifact.with_manifest(name="one").save(tmp_path / "one.safetensors")
    second = artifact.with_manifest(name="two", thresholds=(0.4, 0.5, 0.6))
    second.save(tmp_path / "two.safetensors")
    return [tmp_path / "one.safetensors", tmp_path / "two.safetensors"]


@pytest.fixture
def data() -> Dataset:
    split = Split(TEXTS, TARGETS)
    return Dataset(LABELS, {"train": split, "dev": split, "test": split})


def test_by_hand(paths: list[Path], data: Dataset) -> None:
    one, two = evaluate(paths, data, split="test", reference="one").results
    assert one.examples == {"joy": 2, "sadness": 1, "neutral": 1}
    # joy: precision 1, recall 1/2, F1 2/3; the others 1.
    assert one.tuned.macro.f1 == pytest.approx((2 / 3 + 1 + 1) / 3)
    assert one.tuned.macro.recall == pytest.approx((1 / 2 + 1 + 1) / 3)
    assert one.tuned.micro.f1 == pytest.approx(2 * 3 / (3 + 4))
    assert one.labels["joy"].f1 == pytest.approx(2 / 3)
    assert one.against is None
    # joy is whole, sadness is nothing.
    assert two.tuned.macro.f1 == pytest.approx(2 / 3)
    # At one half both miss the second joy.
    assert two.half.macro.f1 == pytest.approx((2 / 3 + 0 + 1) / 3)
    assert two.labels_half["joy"].recall == 0.5
    assert two.against is not None
    assert two.against.difference.estimate == pytest.approx(2 / 3 - 8 / 9)
    assert two.against.difference_same_thresholds.estimate == pytest.approx(5 / 9 - 8 / 9)
    assert two.against.agreement == pytest.approx(10 / 12)
    assert two.against.largest_score_change == pytest.approx(0.5)


def test_differences_are_paired(paths: list[Path], data: Dataset) -> None:
    # At equal thresholds the second is never better on any draw of texts, so the interval of the
    # paired difference does not pass zero; an unpaired one would.
    _, two = evaluate(paths, data, split="test", reference="one").results
    assert two.against is not None
    same = two.against.difference_same_thresholds
    assert same.low <= same.estimate < 0
    assert same.high <= 0


def test_names_are_those_of_the_files(paths: list[Path], data: Dataset) -> None:
    copy = paths[0].with_name("copy.safetensors")
    copy.write_bytes(paths[0].read_bytes())
    names = [r.name for r in evaluate([*paths, copy], data, split="test", reference="one").results]
    assert names == ["one", "two", "copy"]
    with pytest.raises(CompressionError, match="two files have one name"):
        evaluate([*paths, paths[0]], data, split="test", reference="one")
