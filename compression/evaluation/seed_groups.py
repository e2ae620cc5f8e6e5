"""Summarises variants that differ in the seed alone."""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from compression.evaluation.comparison import Pairs, accuracy_difference, mean_difference
from compression.evaluation.measurement import MeasuredVariant
from compression.evaluation.results import SeedGroup
from compression.evaluation.statistics import AT_HALF, spread
from compression.metrics.f1 import Quality, macro, totals
from compression.seeds import without_seed


def group_by_seed(measured: Mapping[str, MeasuredVariant]) -> dict[str, list[MeasuredVariant]]:
    """The variants of each name without seed."""
    groups: dict[str, list[MeasuredVariant]] = {}
    for name, variant in measured.items():
        groups.setdefault(without_seed(name), []).append(variant)
    return groups


def summarize_seeds(
    groups: Mapping[str, Sequence[MeasuredVariant]],
    references: Mapping[str, MeasuredVariant],
    weights: NDArray[np.float32],
    single: NDArray[np.bool_] | None = None,
) -> Iterator[SeedGroup]:
    """Mean and spread of each group of at least two variants.

    Args:
        groups: of variants, by name without seed.
        references: of each variant, by name.
        weights: of the examples in each resample.
        single: the texts with one label, if accuracies are to be measured.
    """
    for name, group in groups.items():
        if len(group) > 1:
            pairs = [(variant, references[variant.name]) for variant in group]
            summary = _summary(name, pairs)
            yield summary if single is None else _with_accuracy(summary, pairs, weights, single)


def _with_accuracy(
    summary: SeedGroup, pairs: Pairs, weights: NDArray[np.float32], single: NDArray[np.bool_]
) -> SeedGroup:
    accuracies = [float(variant.right(single).mean()) for variant, _ in pairs]
    difference = summary.difference and accuracy_difference(pairs, weights, single)
    found = {"accuracy": spread(accuracies), "accuracy_difference": difference}
    return summary.model_copy(update=found)


def _summary(name: str, pairs: Pairs) -> SeedGroup:
    group = [variant for variant, _ in pairs]
    is_reference = all(variant is reference for variant, reference in pairs)
    halves = [macro(totals(variant.scored.counts(AT_HALF))) for variant in group]
    return SeedGroup(
        name=name,
        seeds=len(group),
        file_bytes=spread([variant.file_bytes for variant in group]),
        layer_bytes=spread([variant.sizes.layers for variant in group]),
        macro_f1=spread([variant.scored.macro_f1 for variant in group]),
        micro_f1=spread([variant.scored.micro_f1 for variant in group]),
        ece=spread([variant.scored.mean_ece for variant in group]),
        half={
            ratio: spread([float(getattr(half, ratio)) for half in halves])
            for ratio in Quality._fields
        },
        difference=None if is_reference else mean_difference(pairs),
    )
