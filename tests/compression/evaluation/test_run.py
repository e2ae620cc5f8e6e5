"""`evaluate` on four texts and two variants whose every figure can be worked out by hand."""

from pathlib import Path

import numpy as np
import pytest
import torch

from compression.data.dataset import Dataset, Split
from compression.errors import CompressionError
from compression.evaluation import run as evaluating
from compression.evaluation.run import evaluate, table
from compression.settings import TransformerSettings
from compression.teachers.ensemble import Ensemble
from compression.teachers.teacher import Teacher
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
    assert one.label_f1["joy"].low <= one.label_f1["joy"].estimate == one.labels["joy"].f1
    # Right in every resample that has the label at all.
    assert one.label_f1["sadness"].high == 1
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


def test_each_is_compared_with_the_uncompressed_one_of_its_base(
    paths: list[Path], artifact: Artifact, data: Dataset, tmp_path: Path
) -> None:
    """`two` stays the common reference; a third has an fp32 sibling of its own."""
    origin = {
        "recipe": "r",
        "data_sha256": "d",
        "seed": 0,
        "parent": "other-base",
        "edgemood_version": "1",
    }
    for name, method in (("mine", "fp32"), ("mine-8", "qat")):
        variant = artifact.with_manifest(name="one", method=method, provenance=origin)
        variant.save(tmp_path / f"{name}.safetensors")
    files = [*paths, tmp_path / "mine.safetensors", tmp_path / "mine-8.safetensors"]
    found = evaluate(files, data, split="test")
    assert found.reference == "one"
    against = [r.against.reference if r.against else None for r in found.results]
    assert against == [None, "one", None, "mine"]
    assert [r.further_training for r in found.results] == [False, False, False, True]
    explicit = evaluate(files, data, split="test", reference="two").results
    assert [r.against.reference if r.against else None for r in explicit] == [
        "two",
        None,
        "two",
        "two",
    ]


def test_seeds_are_put_together(paths: list[Path], data: Dataset, tmp_path: Path) -> None:
    one, two = paths
    files = [one.rename(tmp_path / "v.s0.safetensors"), two.rename(tmp_path / "v.s1.safetensors")]
    found = evaluate(files, data, split="test", reference="v.s0")
    (group,) = found.by_seed
    assert (group.name, group.seeds) == ("v", 2)
    # Macro-F1 8/9 and 2/3; at 0.5 8/9 and 5/9.
    assert group.macro_f1.mean == pytest.approx((8 / 9 + 2 / 3) / 2)
    assert group.macro_f1.sd == pytest.approx((8 / 9 - 2 / 3) / 2**0.5)
    assert group.half["f1"].mean == pytest.approx((8 / 9 + 5 / 9) / 2)
    assert group.difference is not None
    assert group.difference.estimate == pytest.approx((0 + 2 / 3 - 8 / 9) / 2)
    assert group.difference.low <= group.difference.estimate <= group.difference.high
    assert group.layer_bytes.sd == 0


def test_timing_is_left_out_unless_asked_for(paths: list[Path], data: Dataset) -> None:
    plain = evaluate(paths, data, split="test")
    assert plain.conditions is None
    assert all(r.timing is None for r in plain.results)
    timed = evaluate(paths, data, split="test", timed=True)
    assert timed.conditions is not None
    assert timed.results[0].timing is not None
    assert timed.results[0].timing.alone_speedup == 1


def test_names_are_those_of_the_files(paths: list[Path], data: Dataset) -> None:
    copy = paths[0].with_name("copy.safetensors")
    copy.write_bytes(paths[0].read_bytes())
    names = [r.name for r in evaluate([*paths, copy], data, split="test", reference="one").results]
    assert names == ["one", "two", "copy"]
    with pytest.raises(CompressionError, match="two files have one name"):
        evaluate([*paths, paths[0]], data, split="test", reference="one")


def test_a_teacher_beside_its_students(paths: list[Path], data: Dataset, tmp_path: Path) -> None:
    class Fake(Teacher):
        file_bytes = 91_000_000

        def logits(self, texts: object) -> torch.Tensor:
            # Wrong about nothing but the second text's joy, which no threshold sets apart.
            scores = torch.tensor(
                [[0.9, 0.1, 0.1], [0.05, 0.1, 0.1], [0.1, 0.8, 0.1], [0.1, 0.1, 0.7]]
            )
            return torch.logit(scores)

    teacher = Fake("big", TransformerSettings(model="nowhere"), data, tmp_path)
    found = evaluate(paths, data, split="test", reference="one", teachers=[teacher])
    (result,) = found.teachers
    assert (result.name, result.file_bytes) == ("big", 91_000_000)
    # At a threshold of .05 or less joy has 2 right of 4; above .1, 1 right and 1 missed: both 2/3.
    assert result.macro_f1.estimate == pytest.approx((2 / 3 + 1 + 1) / 3)
    assert result.labels["sadness"].f1 == 1
    assert result.half.macro.f1 == pytest.approx((2 / 3 + 1 + 1) / 3)
    assert result.kept["one"].estimate == pytest.approx(1)
    assert result.kept["two"].estimate == pytest.approx((2 / 3) / (8 / 9))
    lines = list(table(found))
    assert any("big" in line and "91,000,000" in line and "teacher" in line for line in lines)
    assert any("two keeps 75.0%" in line for line in lines)


def test_an_ensemble_is_measured_together_and_its_members_alone(
    paths: list[Path], data: Dataset, tmp_path: Path
) -> None:
    class Fake(Teacher):
        file_bytes = 1_000

        def logits(self, texts: object) -> torch.Tensor:
            right = torch.where(torch.from_numpy(data.dev.targets), 3.0, -3.0)
            # The second one takes every joy for nothing, less surely than the first one knows it.
            return right * torch.tensor([1.0 if self.name == "a" else -0.5, 1.0, 1.0])

    settings = TransformerSettings(model="nowhere", sha256="0" * 64)
    members = [Fake(name, settings, data, tmp_path) for name in "ab"]
    ensemble = Ensemble("big", members, tmp_path / "answers")
    alone, together = evaluate(paths, data, split="test", teachers=[ensemble]).teachers
    assert (alone.name, alone.file_bytes, alone.together) == ("big", 1_000, 1)
    # With no threshold does the second one get joy right: all four are called so, two rightly.
    assert alone.macro_f1.estimate == pytest.approx((1 + (2 / 3 + 1 + 1) / 3) / 2)
    assert alone.by_seed is not None
    assert alone.by_seed.sd == pytest.approx((1 / 9) / 2**0.5)
    assert alone.labels["joy"].f1 == pytest.approx((1 + 2 / 3) / 2)
    assert (together.name, together.file_bytes, together.together) == ("big × 2", 2_000, 2)
    assert together.macro_f1.estimate == 1
    assert together.by_seed is None
    assert alone.kept["one"].estimate == pytest.approx((8 / 9) / (17 / 18))


def test_what_seeds_keep_of_a_teacher_is_their_mean(
    paths: list[Path], data: Dataset, tmp_path: Path
) -> None:
    class Fake(Teacher):
        file_bytes = 1

        def logits(self, texts: object) -> torch.Tensor:
            return torch.where(torch.from_numpy(data.dev.targets), 3.0, -3.0)

    seeds = [path.rename(path.with_name(f"x.s{i}.safetensors")) for i, path in enumerate(paths)]
    teacher = Fake("big", TransformerSettings(model="nowhere"), data, tmp_path)
    (result,) = evaluate(seeds, data, split="test", teachers=[teacher]).teachers
    assert result.macro_f1.estimate == 1
    assert result.kept["x"].estimate == pytest.approx((8 / 9 + 2 / 3) / 2)
    assert result.kept["x"].low <= result.kept["x"].estimate <= result.kept["x"].high
