"""A whole evaluation of two variants."""

from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from compression.data.dataset import Dataset
from compression.errors import CompressionError
from compression.evaluation.run import evaluate
from compression.teachers.teacher import Teacher
from edgemood import Artifact


def test_by_hand(paths: list[Path], data: Dataset) -> None:
    found = evaluate(paths, data, split="test", reference="one")
    assert (found.split, found.texts, found.reference) == ("test", 4, "one")
    one, two = found.results
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
    # joy has F1 1, sadness 0.
    assert two.tuned.macro.f1 == pytest.approx(2 / 3)
    # At 0.5 both variants miss the second joy.
    assert two.half.macro.f1 == pytest.approx((2 / 3 + 0 + 1) / 3)
    assert two.labels_half["joy"].recall == 0.5
    assert two.against is not None
    assert two.against.difference.estimate == pytest.approx(2 / 3 - 8 / 9)
    assert found.by_seed == found.teachers == ()


def test_methods_with_further_training_are_marked(
    artifact: Artifact, paths: list[Path], data: Dataset
) -> None:
    artifact.with_manifest(name="two", method="qat").save(paths[1])
    results = evaluate(paths, data, split="test").results
    assert [result.further_training for result in results] == [False, True]


def test_seeds_and_teachers_are_measured(
    paths: list[Path], data: Dataset, make_teacher: Callable[..., Teacher], tmp_path: Path
) -> None:
    seeds = [path.rename(tmp_path / f"v.s{i}.safetensors") for i, path in enumerate(paths)]
    teacher = make_teacher(torch.where(torch.from_numpy(data.dev.targets), 3.0, -3.0))
    found = evaluate(seeds, data, split="test", teachers=[teacher])
    assert [group.name for group in found.by_seed] == ["v"]
    assert list(found.teachers[0].kept) == ["v"]


def test_speed_is_measured_on_request(paths: list[Path], data: Dataset) -> None:
    plain = evaluate(paths, data, split="test")
    assert plain.conditions is None
    assert all(r.timing is None for r in plain.results)
    timed = evaluate(paths, data, split="test", timed=True)
    assert timed.conditions is not None
    assert timed.conditions.texts == 4
    assert timed.results[0].timing is not None
    assert timed.results[0].timing.alone_speedup == 1


def test_a_variant_is_named_after_its_file(paths: list[Path], data: Dataset) -> None:
    copy = paths[0].with_name("copy.safetensors")
    copy.write_bytes(paths[0].read_bytes())
    names = [r.name for r in evaluate([*paths, copy], data, split="test", reference="one").results]
    assert names == ["one", "two", "copy"]


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({"split": "valid"}, "valid.*train, dev, test"),
        ({"split": "test", "reference": "three"}, "'three'.*one, two"),
    ],
)
def test_unknown_names_are_refused(
    options: dict[str, str], problem: str, paths: list[Path], data: Dataset
) -> None:
    with pytest.raises(CompressionError, match=problem):
        evaluate(paths, data, **options)  # type: ignore[arg-type]  # strings alone


def test_two_files_of_one_name_are_refused(paths: list[Path], data: Dataset) -> None:
    with pytest.raises(CompressionError, match="one, two, one"):
        evaluate([*paths, paths[0]], data, split="test")
