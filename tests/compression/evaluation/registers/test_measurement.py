"""Two variants on four sentences of two registers; every figure can be computed by hand."""

from pathlib import Path

import numpy as np
import pytest

from compression.errors import CompressionError
from compression.evaluation.registers import measurement
from compression.evaluation.registers.lists import Register, fingerprint
from compression.evaluation.registers.measurement import measure_registers
from edgemood import Artifact, Classifier
from edgemood.format.file import file_sha256

REGISTERS = (
    Register("a", ("happy", "sad"), (frozenset({"joy"}), frozenset({"sadness", "neutral"}))),
    Register("b", ("i am", "am i sad"), (frozenset({"neutral"}), frozenset({"sadness"}))),
)
SCORES = {
    # Only the first sentence is right. At thresholds of .5, .5, .6 the second gets no label.
    "old": [[0.9, 0.1, 0.1], [0.45, 0.1, 0.1], [0.1, 0.8, 0.1], [0.1, 0.1, 0.7]],
    # The first label of the last sentence is wrong, but sadness is given, too.
    "new": [[0.9, 0.1, 0.1], [0.1, 0.1, 0.2], [0.1, 0.1, 0.9], [0.8, 0.7, 0.1]],
}


@pytest.fixture
def paths(artifact: Artifact, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Path]:
    def scores(classifier: Classifier, texts: list[str]) -> np.ndarray:
        assert texts == ["happy", "sad", "i am", "am i sad"]
        return np.array(SCORES[classifier.artifact.manifest.name], dtype=np.float32)

    monkeypatch.setattr(measurement, "predict_scores", scores)
    found = {name: tmp_path / f"{name}.safetensors" for name in SCORES}
    for name, path in found.items():
        artifact.with_manifest(name=name).save(path)
    return found


def test_figures_by_hand(paths: dict[str, Path]) -> None:
    found = measure_registers([paths["new"]], REGISTERS, before=[paths["old"]])
    old, new = found.results
    assert (found.sentences, found.fingerprint) == ({"a": 2, "b": 2}, fingerprint(REGISTERS))
    assert [(r.name, r.before) for r in found.results] == [("old", True), ("new", False)]
    assert new.file_sha256 == file_sha256(paths["new"])
    assert new.file_bytes == paths["new"].stat().st_size
    first = {r.name: [r.registers[x].first.estimate for x in "ab"] for r in found.results}
    assert first == {"old": [0.5, 0.0], "new": [1.0, 0.5]}
    given = {r.name: [r.registers[x].given.estimate for x in "ab"] for r in found.results}
    assert given == {"old": [0.5, 0.0], "new": [0.5, 1.0]}
    assert (old.registers["a"].labels_a_sentence, new.registers["b"].labels_a_sentence) == (
        0.5,
        1.5,
    )
    assert (old.together.first.estimate, new.together.first.estimate) == (0.25, 0.75)
    assert old.gain is None
    assert new.gain is not None
    assert new.gain.estimate == 0.5
    assert 0 <= new.gain.low < 0.5 < new.gain.high <= 1


def test_labels_by_hand(paths: dict[str, Path]) -> None:
    (new,) = measure_registers([paths["new"]], REGISTERS).results
    assert new.gain is None
    joy, sadness, neutral = (new.labels[name] for name in ("joy", "sadness", "neutral"))
    assert [label.sentences for label in (joy, sadness, neutral)] == [1, 1, 1]
    assert joy.recall is not None
    assert joy.precision is not None
    assert (joy.recall.estimate, joy.precision.estimate) == (1.0, 0.5)
    assert sadness.recall is not None
    assert (sadness.recall.estimate, sadness.precision) == (0.0, None)
    assert neutral.precision is not None
    assert neutral.precision.estimate == 1.0


def test_a_label_that_never_stands_alone_has_no_recall(paths: dict[str, Path]) -> None:
    both = frozenset({"joy", "sadness", "neutral"})
    registers = [Register("a", ("happy", "sad", "i am", "am i sad"), (both,) * 4)]
    (new,) = measure_registers([paths["new"]], registers).results
    assert {label.recall for label in new.labels.values()} == {None}


def test_other_labels_are_refused(paths: dict[str, Path]) -> None:
    registers = [Register("a", ("happy",), (frozenset({"joy", "rage"}),))]
    with pytest.raises(CompressionError, match=r"joy, neutral, sadness; .* joy, rage"):
        measure_registers([paths["new"]], registers)


def test_the_same_path_before_and_after_is_refused(paths: dict[str, Path]) -> None:
    with pytest.raises(CompressionError, match="twice"):
        measure_registers([paths["new"]], REGISTERS, before=[paths["new"]])
