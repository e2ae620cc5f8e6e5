"""The dev texts on which the decisions of a variant are tuned, of one dataset or of several."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple, Self

import numpy as np

from compression.data.dataset import SoftLabels, Split
from compression.metrics.f1 import Float
from compression.metrics.thresholds import Parts


class TuningPart(NamedTuple):
    """The dev split of one dataset."""

    split: Split
    soft: SoftLabels
    """The same texts; thresholds are tuned on these labels."""
    weight: float
    """Of its F1 when thresholds are tuned."""


@dataclass(frozen=True)
class TuningTexts:
    """The dev splits of all datasets, joined."""

    split: Split
    """With the annotated labels, to which scores are calibrated."""
    soft_targets: Float
    """Probability of each label, for the thresholds. *Shape:* `(texts, labels)`."""
    parts: Parts = ()
    """How many of the texts belong to each dataset, and its weight."""

    @classmethod
    def joined(cls, parts: Sequence[TuningPart]) -> Self:
        """All texts, in order."""
        return cls(
            parts[0].split.joined([part.split for part in parts[1:]]),
            np.concatenate([part.soft.targets for part in parts]),
            [(len(part.split), part.weight) for part in parts],
        )
