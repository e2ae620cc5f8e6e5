"""Chooses a reference for each variant and compares the two, paired by example."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from compression.evaluation.figures import Estimate
from compression.evaluation.measurement import MeasuredVariant
from compression.evaluation.results import Comparison
from compression.evaluation.statistics import estimate, mean_of_seeds
from compression.metrics.bootstrap import resample, resampled_mean
from compression.metrics.f1 import macro, totals

UNCOMPRESSED = "fp32"
Pairs = Sequence[tuple[MeasuredVariant, MeasuredVariant]]
"""Variants, each with its reference."""


class References(NamedTuple):
    """What variants are compared with."""

    common: str
    """The reference of speed-ups and compression rates."""
    of: dict[str, MeasuredVariant]
    """The reference of each variant's quality."""


def choose_references(
    measured: Mapping[str, MeasuredVariant], chosen: str | None = None
) -> References:
    """The chosen reference for all variants, or the uncompressed variant of each one's own base.

    Args:
        measured: all variants, by name.
        chosen: the user's choice.
    """
    common = chosen or _common_reference(measured)
    names = {
        name: chosen or _uncompressed_sibling(variant, measured) or common
        for name, variant in measured.items()
    }
    return References(common, {name: measured[other] for name, other in names.items()})


def _common_reference(measured: Mapping[str, MeasuredVariant]) -> str:
    uncompressed = [name for name, m in measured.items() if m.manifest.method == UNCOMPRESSED]
    return UNCOMPRESSED if UNCOMPRESSED in measured else [*uncompressed, *measured][0]


def _uncompressed_sibling(
    variant: MeasuredVariant, measured: Mapping[str, MeasuredVariant]
) -> str | None:
    same_base = [
        name
        for name, other in measured.items()
        if other.manifest.method == UNCOMPRESSED and other.parent == variant.parent is not None
    ]
    return same_base[0] if same_base else None


def compare(
    variant: MeasuredVariant,
    reference: MeasuredVariant,
    weights: NDArray[np.float32],
    single: NDArray[np.bool_] | None = None,
) -> Comparison:
    """Differences of a variant from its reference.

    Args:
        variant: the compressed one.
        reference: the one to compare with, scored with the same weights.
        weights: of the examples in each resample.
        single: the texts with one label, if their accuracies are to be compared.
    """
    own, other, pairs = variant.scored, reference.scored, [(variant, reference)]
    return Comparison(
        reference=reference.name,
        difference=mean_difference(pairs),
        micro_f1=estimate(
            own.micro_f1 - other.micro_f1, own.micro_f1_samples - other.micro_f1_samples
        ),
        accuracy=None if single is None else accuracy_difference(pairs, weights, single),
        difference_same_thresholds=_difference_same_thresholds(variant, reference, weights),
        agreement=float((own.decisions == other.decisions).mean()),
        largest_score_change=float(np.abs(own.scores - other.scores).max()),
    )


def _difference_same_thresholds(
    variant: MeasuredVariant, reference: MeasuredVariant, weights: NDArray[np.float32]
) -> Estimate:
    counts = variant.scored.counts_as_decided_by(reference.scored)
    difference = float(macro(totals(counts)).f1) - reference.scored.macro_f1
    samples = macro(resample(counts, weights)).f1 - reference.scored.macro_f1_samples
    return estimate(difference, samples)


def mean_difference(pairs: Pairs) -> Estimate:
    """Mean macro-F1 of the first ones minus that of the second ones.

    The differences of one resample are on the same texts.

    Args:
        pairs: variant and reference of the same seed.
    """
    differences = [own.scored.macro_f1 - other.scored.macro_f1 for own, other in pairs]
    samples = [own.scored.macro_f1_samples - other.scored.macro_f1_samples for own, other in pairs]
    return mean_of_seeds(differences, np.stack(samples))


def accuracy_difference(
    pairs: Pairs, weights: NDArray[np.float32], single: NDArray[np.bool_]
) -> Estimate:
    """Mean accuracy of the first ones minus that of the second ones, on texts with one label.

    Args:
        pairs: variant and reference of the same seed.
        weights: of all texts in each resample.
        single: which texts have exactly one label.
    """
    gains = [own.right(single).astype(np.float64) - other.right(single) for own, other in pairs]
    samples = [resampled_mean(gain, weights[:, single]) for gain in gains]
    return mean_of_seeds([float(gain.mean()) for gain in gains], np.stack(samples))
