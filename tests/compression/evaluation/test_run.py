"""A whole evaluation of two variants."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from compression.data.dataset import Dataset, Split
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


def test_calibration_and_abstention_are_always_measured(paths: list[Path], data: Dataset) -> None:
    one = evaluate(paths, data, split="test").results[0]
    assert (one.decision, one.calibrated) == ("multi-label", False)
    assert one.calibration is not None
    # Each text is a bin, but for equal scores: .1 (+ .05), and so on; sadness has .1, .1, .1, .8.
    assert one.calibration.ece["sadness"].estimate == pytest.approx((3 * 0.1 + 0.2) / 4)
    assert one.abstention is not None
    assert one.abstention.right.estimate == 1
    assert one.single_label is one.curves is None


def test_an_adapted_variant_counts_as_calibrated(
    artifact: Artifact, paths: list[Path], data: Dataset
) -> None:
    adaptation = {
        "weights": np.zeros((3, 3)).tolist(),
        "biases": (1, 1, 1),
        "parent": {"name": "one", "sha256": 64 * "a"},
        "texts": 100,
        "gain": 0.1,
        "gain_low": 0.05,
        "gain_high": 0.15,
    }
    artifact.with_manifest(name="two", adaptation=adaptation).save(paths[1])
    one, two = evaluate(paths, data, split="test").results
    assert (one.calibrated, two.calibrated) == (False, True)


def test_single_labels_and_curves_are_measured_on_request(paths: list[Path], data: Dataset) -> None:
    one, two = evaluate(paths, data, split="test", single_label=True, curves=True).results
    assert one.single_label is not None
    assert two.single_label is not None
    # Each text has one label. Without thresholds the first variant is right throughout.
    assert (one.single_label.texts, one.single_label.accuracy.estimate) == (4, 1)
    assert two.single_label.label_f1["sadness"].estimate == 1
    assert one.curves is not None
    assert one.curves.coverage[-1] == 1


def test_decisions_of_a_variant_are_its_own(
    artifact: Artifact, paths: list[Path], data: Dataset
) -> None:
    further = {"decision": "single-label", "abstention": {"threshold": 0.4, "coverage": 1}}
    artifact.with_manifest(name="two", thresholds=(0, 0, 0), **further).save(paths[1])
    two = evaluate(paths, data, split="test").results[1]
    assert two.decision == "single-label"
    # The third text's highest score is .3: it gets no label. The others get the right one.
    assert two.tuned.micro.precision == 1
    assert two.tuned.micro.recall == 0.75
    assert two.abstention is not None
    assert two.abstention.answers is not None
    assert two.abstention.answers.coverage.estimate == 0.75


def test_texts_of_several_labels_alone_have_no_figures_of_single_labels(
    paths: list[Path], data: Dataset
) -> None:
    several = Split(data.dev.texts, np.ones((4, 3), dtype=bool))
    with pytest.raises(CompressionError, match="no text of the test split has exactly one label"):
        evaluate(
            paths,
            replace(data, splits={**data.splits, "test": several}),
            split="test",
            single_label=True,
        )
