"""What variants keep of the transformers that taught them."""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from compression.data.dataset import Dataset, Split
from compression.evaluation.results import TeacherResult
from compression.evaluation.statistics import (
    HALF,
    Scored,
    as_estimate,
    as_spread,
    averages,
    by_label,
    mean_macro_f1,
)
from compression.metrics.bootstrap import percentile_interval
from compression.metrics.f1 import micro, totals
from compression.metrics.thresholds import tune_thresholds
from compression.teachers.ensemble import Ensemble
from compression.teachers.soft_labels import threshold_targets
from compression.teachers.teacher import Teacher
from compression.tensors import to_numpy
from edgemood.models.base import sigmoid


def teacher_results(
    teachers: Sequence[Teacher | Ensemble],
    data: Dataset,
    examples: Split,
    variants: Mapping[str, Sequence[Scored]],
    weights: NDArray[np.float32],
) -> Iterator[TeacherResult]:
    """Measure transformers, and variants beside them.

    Args:
        teachers: of an ensemble, its members alone are measured, too.
        data: thresholds come from its dev split.
        examples: what to measure on.
        variants: name without seed -> scores of each seed.
        weights: how often each example is drawn in each resample.
    """
    for name, asked in _alone_and_together(teachers):
        scored = [_scored(teacher, data, examples, weights) for teacher in asked]
        yield _result(name, asked, scored, variants, labels=data.labels)


def _alone_and_together(
    teachers: Sequence[Teacher | Ensemble],
) -> Iterator[tuple[str, Sequence[Teacher | Ensemble]]]:
    """What to measure: names, and whose figures are averaged under them."""
    for teacher in teachers:
        if isinstance(teacher, Ensemble):
            yield teacher.name, teacher.members
            yield f"{teacher.name} × {len(teacher.members)}", (teacher,)
        else:
            yield teacher.name, (teacher,)


def _result(
    name: str,
    asked: Sequence[Teacher | Ensemble],
    scored: Sequence[Scored],
    variants: Mapping[str, Sequence[Scored]],
    *,
    labels: tuple[str, ...],
) -> TeacherResult:
    macro_f1 = float(np.mean([own.macro_f1 for own in scored]))
    # No resample of real data leaves a teacher nothing; of a handful of texts one may.
    resampled = np.maximum(mean_macro_f1(scored), np.finfo(np.float32).tiny)
    kept = {}
    for variant, group in variants.items():
        mean = float(np.mean([own.macro_f1 for own in group]))
        kept[variant] = as_estimate(
            percentile_interval(mean / macro_f1, mean_macro_f1(group) / resampled)
        )
    tuned = [own.counts(own.thresholds) for own in scored]
    micros = [float(micro(totals(counts)).f1) for counts in tuned]
    micro_samples = np.mean([micro(own.resampled).f1 for own in scored], axis=0)
    first = asked[0]
    return TeacherResult(
        name=name,
        together=len(first.members) if isinstance(first, Ensemble) else 1,
        by_seed=as_spread([own.macro_f1 for own in scored]) if len(scored) > 1 else None,
        file_bytes=first.file_bytes,
        tuned=averages(*tuned),
        half=averages(*(own.counts(HALF) for own in scored)),
        labels=by_label(labels, *tuned),
        macro_f1=as_estimate(percentile_interval(macro_f1, resampled)),
        micro_f1=as_estimate(percentile_interval(float(np.mean(micros)), micro_samples)),
        kept=kept,
    )


def _scored(
    teacher: Teacher | Ensemble, data: Dataset, examples: Split, weights: NDArray[np.float32]
) -> Scored:
    scores, of_dev = (
        sigmoid(to_numpy(teacher.logits(texts))) for texts in (examples.texts, data.dev.texts)
    )
    thresholds = tune_thresholds(of_dev, threshold_targets(teacher, data.dev))
    return Scored.of(scores, examples.targets, thresholds, weights)
