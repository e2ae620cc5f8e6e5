"""Summarises variants that differ in the seed alone."""

from collections.abc import Iterator, Mapping, Sequence

from compression.evaluation.comparison import mean_difference
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
    groups: Mapping[str, Sequence[MeasuredVariant]], references: Mapping[str, MeasuredVariant]
) -> Iterator[SeedGroup]:
    """Mean and spread of each group of at least two variants.

    Args:
        groups: of variants, by name without seed.
        references: of each variant, by name.
    """
    for name, group in groups.items():
        if len(group) > 1:
            yield _summary(name, [(variant, references[variant.name]) for variant in group])


def _summary(name: str, pairs: Sequence[tuple[MeasuredVariant, MeasuredVariant]]) -> SeedGroup:
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
