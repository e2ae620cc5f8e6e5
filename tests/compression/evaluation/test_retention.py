"""Measured teachers, and the share of their macro-F1 that variants retain."""

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
import torch

from compression.data.dataset import Dataset
from compression.evaluation.measurement import measure_all
from compression.evaluation.results import TeacherResult
from compression.evaluation.retention import measure_teachers
from compression.evaluation.seed_groups import group_by_seed
from compression.metrics.bootstrap import bootstrap_weights
from compression.teachers.ensemble import Ensemble
from compression.teachers.teacher import Teacher

WEIGHTS = bootstrap_weights(4, resamples=500, seed=0)
MakeTeacher = Callable[..., Teacher]


def measure(
    teachers: Sequence[Teacher | Ensemble], paths: list[Path], data: Dataset
) -> list[TeacherResult]:
    groups = group_by_seed(measure_all(paths, data.dev, data.labels, WEIGHTS))
    scored = {name: [variant.scored for variant in group] for name, group in groups.items()}
    return list(measure_teachers(teachers, data, data.dev, scored, WEIGHTS))


@pytest.fixture
def perfect(data: Dataset) -> torch.Tensor:
    """Logits of a teacher that is always right."""
    return torch.where(torch.from_numpy(data.dev.targets), 3.0, -3.0)


def test_by_hand(paths: list[Path], data: Dataset, make_teacher: MakeTeacher) -> None:
    # Wrong only in the second text's joy, which no threshold separates.
    scores = [[0.9, 0.1, 0.1], [0.05, 0.1, 0.1], [0.1, 0.8, 0.1], [0.1, 0.1, 0.7]]
    teacher = make_teacher(torch.logit(torch.tensor(scores)))
    (result,) = measure([teacher], paths, data)
    assert (result.name, result.file_bytes, result.together) == ("big", 1_000, 1)
    # With a threshold of .05 or less joy has 2 true positives of 4 predictions; above .1, one of
    # one, and one missed. F1 is 2/3 in both cases.
    assert result.macro_f1.estimate == pytest.approx((2 / 3 + 1 + 1) / 3)
    assert result.labels["sadness"].f1 == 1
    assert result.half.macro.f1 == pytest.approx((2 / 3 + 1 + 1) / 3)
    assert result.kept["one"].estimate == pytest.approx(1)
    assert result.kept["two"].estimate == pytest.approx((2 / 3) / (8 / 9))
    assert result.by_seed is None


def test_an_ensemble_and_the_mean_of_its_members(
    paths: list[Path],
    data: Dataset,
    perfect: torch.Tensor,
    make_teacher: MakeTeacher,
    tmp_path: Path,
) -> None:
    # The second member inverts joy, with less confidence than the first one has.
    inverted = perfect * torch.tensor([-0.5, 1.0, 1.0])
    members = [make_teacher(perfect, "a"), make_teacher(inverted, "b")]
    mean, together = measure([Ensemble("big", members, tmp_path / "outputs")], paths, data)
    assert (mean.name, mean.file_bytes, mean.together) == ("big", 1_000, 1)
    # No threshold gets the second member's joy right: 4 predictions, 2 true positives, F1 2/3.
    assert mean.macro_f1.estimate == pytest.approx((1 + (2 / 3 + 1 + 1) / 3) / 2)
    assert mean.by_seed is not None
    assert mean.by_seed.sd == pytest.approx((1 / 9) / 2**0.5)
    assert mean.labels["joy"].f1 == pytest.approx((1 + 2 / 3) / 2)
    assert mean.kept["one"].estimate == pytest.approx((8 / 9) / (17 / 18))
    assert (together.name, together.file_bytes, together.together) == ("big × 2", 2_000, 2)
    assert together.macro_f1.estimate == 1
    assert together.by_seed is None


def test_seeds_retain_their_mean(
    paths: list[Path], data: Dataset, perfect: torch.Tensor, make_teacher: MakeTeacher
) -> None:
    seeds = [path.rename(path.with_name(f"x.s{i}.safetensors")) for i, path in enumerate(paths)]
    (result,) = measure([make_teacher(perfect)], seeds, data)
    assert result.macro_f1.estimate == 1
    share = result.kept["x"]
    assert share.estimate == pytest.approx((8 / 9 + 2 / 3) / 2)
    assert share.low <= share.estimate <= share.high


def test_a_teacher_without_f1_in_a_resample_gives_a_finite_interval(
    paths: list[Path], data: Dataset, perfect: torch.Tensor, make_teacher: MakeTeacher
) -> None:
    # Right about neutral alone, which a third of the resamples do not contain.
    only_neutral = torch.where(torch.tensor([False, False, True]), perfect, -3.0)
    (result,) = measure([make_teacher(only_neutral)], paths, data)
    assert 0 <= result.macro_f1.low < result.macro_f1.high
    assert result.kept["one"].low < float("inf")
