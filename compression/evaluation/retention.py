"""Measures teachers, and the share of their macro-F1 that variants retain."""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from compression.data.dataset import Dataset, Split
from compression.evaluation.figures import Estimate
from compression.evaluation.results import TeacherResult
from compression.evaluation.statistics import (
    AT_HALF,
    ScoredSplit,
    at_thresholds,
    averages,
    estimate,
    label_ratios,
    mean_macro_f1,
    mean_macro_f1_samples,
    spread,
)
from compression.metrics.thresholds import tune_thresholds
from compression.teachers.ensemble import Ensemble
from compression.teachers.soft_labels import threshold_labels
from compression.teachers.teacher import Teacher
from compression.tensors import to_numpy
from edgemood.models.base import sigmoid

Teachers = Sequence[Teacher | Ensemble]


def measure_teachers(
    teachers: Teachers,
    data: Dataset,
    examples: Split,
    variants: Mapping[str, Sequence[ScoredSplit]],
    weights: NDArray[np.float32],
) -> Iterator[TeacherResult]:
    """Measure transformers, and the retention of variants.

    Args:
        teachers: for an ensemble, the mean of its members is measured as well.
        data: its dev split tunes the thresholds.
        examples: the split to measure on.
        variants: scores of all seeds of a variant, by name without seed.
        weights: of the examples in each resample.
    """
    for name, members in _members_and_ensembles(teachers):
        scored = [_score(teacher, data, examples, weights) for teacher in members]
        yield _result(name, members, scored, variants, labels=data.labels)


def _members_and_ensembles(teachers: Teachers) -> Iterator[tuple[str, Teachers]]:
    """Names, and the teachers to average under each."""
    for teacher in teachers:
        if isinstance(teacher, Ensemble):
            yield teacher.name, teacher.members
            yield f"{teacher.name} × {len(teacher.members)}", (teacher,)
        else:
            yield teacher.name, (teacher,)


def _score(
    teacher: Teacher | Ensemble, data: Dataset, examples: Split, weights: NDArray[np.float32]
) -> ScoredSplit:
    scores, dev_scores = (
        sigmoid(to_numpy(teacher.logits(texts))) for texts in (examples.texts, data.dev.texts)
    )
    thresholds = tune_thresholds(dev_scores, threshold_labels(teacher, data.dev).targets)
    return ScoredSplit.of(scores, examples.targets, at_thresholds(thresholds), weights)


def _result(
    name: str,
    members: Teachers,
    scored: Sequence[ScoredSplit],
    variants: Mapping[str, Sequence[ScoredSplit]],
    *,
    labels: tuple[str, ...],
) -> TeacherResult:
    first, tuned = members[0], [own.tuned_counts for own in scored]
    micro_f1 = float(np.mean([own.micro_f1 for own in scored]))
    micro_f1_samples = np.mean([own.micro_f1_samples for own in scored], axis=0)
    return TeacherResult(
        name=name,
        together=len(first.members) if isinstance(first, Ensemble) else 1,
        by_seed=spread([own.macro_f1 for own in scored]) if len(scored) > 1 else None,
        file_bytes=first.file_bytes,
        tuned=averages(*tuned),
        half=averages(*(own.counts(AT_HALF) for own in scored)),
        labels=label_ratios(labels, *tuned),
        macro_f1=estimate(mean_macro_f1(scored), _positive_samples(scored)),
        micro_f1=estimate(micro_f1, micro_f1_samples),
        kept={variant: _retention(group, scored) for variant, group in variants.items()},
    )


def _retention(students: Sequence[ScoredSplit], teachers: Sequence[ScoredSplit]) -> Estimate:
    """Mean macro-F1 of the students over that of the teachers, on the same resamples."""
    share = mean_macro_f1(students) / mean_macro_f1(teachers)
    return estimate(share, mean_macro_f1_samples(students) / _positive_samples(teachers))


def _positive_samples(teachers: Sequence[ScoredSplit]) -> NDArray[np.float64]:
    # On a handful of texts, a teacher's macro-F1 may be 0 in a resample.
    samples: NDArray[np.float64] = np.maximum(
        mean_macro_f1_samples(teachers), np.finfo(np.float32).tiny
    )
    return samples
