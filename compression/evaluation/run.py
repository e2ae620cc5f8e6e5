"""Evaluates variant files on a split.

This is the one module that reads the test split. Nothing is chosen by its results.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from compression.data.dataset import Dataset, Split
from compression.data.label_counts import warn_of_missing_examples
from compression.errors import CompressionError
from compression.evaluation.calibration import (
    measure_abstention,
    measure_calibration,
    measure_curves,
)
from compression.evaluation.comparison import choose_references, compare
from compression.evaluation.measurement import MeasuredVariant, measure_all
from compression.evaluation.results import Evaluation, Result
from compression.evaluation.retention import measure_teachers
from compression.evaluation.seed_groups import group_by_seed, summarize_seeds
from compression.evaluation.single_label import (
    SingleLabelResult,
    measure_single_label,
    single_label_texts,
)
from compression.evaluation.speed import Timing, conditions, time_all
from compression.evaluation.statistics import (
    AT_HALF,
    BOOTSTRAP_SEED,
    RESAMPLES,
    averages,
    estimate,
    label_f1,
    label_ratios,
)
from compression.methods import trains_further
from compression.metrics.bootstrap import bootstrap_weights
from compression.metrics.f1 import totals
from compression.teachers.ensemble import Ensemble
from compression.teachers.teacher import Teacher


def evaluate(
    paths: Sequence[Path],
    data: Dataset,
    *,
    split: str,
    source: str | None = None,
    subset: str | None = None,
    reference: str | None = None,
    timed: bool = False,
    single_label: bool = False,
    curves: bool = False,
    teachers: Sequence[Teacher | Ensemble] = (),
    joined: Mapping[str, str] | None = None,
) -> Evaluation:
    """Measure variant files on one split and compare each with a reference.

    Args:
        paths: variant files; a variant is named after its file.
        data: its labels must be those of the variants.
        split: `dev` or `test`.
        source: name of the data, if it is not the recipe's own; for the record.
        subset: name of the subset of texts that the split holds; for the record.
        reference: name of the variant to compare the others with. By default each variant is
            compared with the uncompressed variant of its own base; without one among the files,
            with `fp32`, else the first uncompressed variant, else the first variant.
        timed: whether to measure speed, too.
        single_label: whether to measure the label with the highest score, too, on the texts that
            have exactly one label.
        curves: whether to keep reliability and risk-coverage curves, for plots.
        teachers: transformers to measure, too.
        joined: from labels of variants to the labels of the data that they count as.

    Raises:
        ArtifactError: a file cannot be used.
        CompressionError: split, labels, names or reference do not fit, or no text has exactly one
            label although figures of such texts are asked for.
    """
    _check_names([path.stem for path in paths], reference)
    examples = _examples(data, split)
    warn_of_missing_examples(data, split)
    weights = bootstrap_weights(len(examples), resamples=RESAMPLES, seed=BOOTSTRAP_SEED)
    measured = measure_all(paths, examples, data.labels, weights, joined=joined)
    common, references = choose_references(measured, reference)
    timings = _timings(measured, examples, common) if timed else {}
    single = single_label_texts(examples.targets, split) if single_label else None
    figures = _Figures(data.labels, weights, single, curves=curves)
    groups = group_by_seed(measured)
    scored = {name: [variant.scored for variant in group] for name, group in groups.items()}
    return Evaluation(
        source=source,
        split=split,
        subset=subset,
        texts=len(examples),
        reference=common,
        resamples=RESAMPLES,
        conditions=conditions(len(examples)) if timed else None,
        results=tuple(
            figures.of(variant, references[name], timings.get(name))
            for name, variant in measured.items()
        ),
        by_seed=tuple(summarize_seeds(groups, references, weights, single)),
        teachers=tuple(measure_teachers(teachers, data, examples, scored, weights)),
    )


def _check_names(names: Sequence[str], reference: str | None) -> None:
    if len(set(names)) != len(names):
        raise CompressionError(f"two files have the same name: {', '.join(names)}")
    if reference is not None and reference not in names:
        raise CompressionError(f"no reference {reference!r} among {', '.join(names)}")


def _examples(data: Dataset, split: str) -> Split:
    if split not in data.splits:
        raise CompressionError(f"the data has no {split} split; known: {', '.join(data.splits)}")
    return data.splits[split]


def _timings(
    measured: Mapping[str, MeasuredVariant], examples: Split, reference: str
) -> dict[str, Timing]:
    classifiers = {name: variant.classifier for name, variant in measured.items()}
    return time_all(classifiers, examples.texts, reference=reference)


@dataclass(frozen=True)
class _Figures:
    """Which figures of a variant to measure, and how."""

    labels: tuple[str, ...]
    weights: NDArray[np.float32]
    """Of the examples in each resample."""
    single: NDArray[np.bool_] | None
    """The texts with one label, if figures of these are asked for."""
    curves: bool

    def of(
        self, variant: MeasuredVariant, reference: MeasuredVariant, timing: Timing | None
    ) -> Result:
        """All figures of a variant."""
        scored, labels, manifest = variant.scored, self.labels, variant.manifest
        tuned, half = scored.tuned_counts, scored.counts(AT_HALF)
        return Result(
            name=variant.name,
            method=manifest.method,
            decision=manifest.decision,
            calibrated=bool(manifest.calibration or manifest.adaptation),
            further_training=trains_further(manifest.method),
            sizes=variant.sizes,
            resident_bytes=sum(variant.classifier.resident_bytes.values()),
            timing=timing,
            tuned=averages(tuned),
            half=averages(half),
            labels=label_ratios(labels, tuned),
            labels_half=label_ratios(labels, half),
            label_f1=dict(zip(labels, label_f1(scored), strict=True)),
            examples=dict(zip(labels, totals(tuned).actual.tolist(), strict=True)),
            macro_f1=estimate(scored.macro_f1, scored.macro_f1_samples),
            micro_f1=estimate(scored.micro_f1, scored.micro_f1_samples),
            calibration=measure_calibration(labels, scored, self.weights),
            abstention=measure_abstention(manifest.abstention, scored, self.weights),
            single_label=self._single_label(variant),
            curves=measure_curves(labels, scored) if self.curves else None,
            against=None
            if variant is reference
            else compare(variant, reference, self.weights, self.single),
        )

    def _single_label(self, variant: MeasuredVariant) -> SingleLabelResult | None:
        if self.single is None:
            return None
        decision = variant.manifest.decision
        return measure_single_label(
            self.labels, variant.scored, decision, self.weights, self.single
        )
