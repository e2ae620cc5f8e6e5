"""Datasets: texts and their labels, in splits."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from compression.data.labels import label_problem
from compression.errors import DatasetError
from compression.messages import shown

Targets = NDArray[np.bool_]


@dataclass(frozen=True)
class Split:
    """Texts with their labels."""

    texts: tuple[str, ...]
    targets: Targets
    """Whether a text has a label. *Shape:* `(texts, labels)`."""

    def __len__(self) -> int:
        return len(self.texts)

    def joined(self, others: Sequence["Split"]) -> "Split":
        """The examples of this split, then those of others with the same labels."""
        parts = (self, *others)
        texts = tuple(text for part in parts for text in part.texts)
        return Split(texts, np.concatenate([part.targets for part in parts]))

    @cached_property
    def sha256(self) -> str:
        """Digest of texts and targets."""
        digest = hashlib.sha256(np.packbits(self.targets).tobytes())
        for text in self.texts:
            digest.update(hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest())
        return digest.hexdigest()


class SoftLabels(NamedTuple):
    """Texts with the probability of each label."""

    texts: tuple[str, ...]
    targets: NDArray[np.float64]
    """*Shape:* `(texts, labels)`."""

    @classmethod
    def of(cls, split: Split) -> Self:
        """The annotated labels: 0 or 1."""
        return cls(split.texts, split.targets.astype(np.float64))

    @classmethod
    def joined(cls, parts: Sequence["SoftLabels"]) -> Self:
        """All texts, in order."""
        texts = tuple(text for part in parts for text in part.texts)
        return cls(texts, np.concatenate([part.targets for part in parts]))


@dataclass(frozen=True)
class Dataset:
    """Train, dev and optional test split; the test split is for evaluation only.

    Raises:
        DatasetError: a split is empty, a label is duplicated, or a manifest could not hold a label.
    """

    labels: tuple[str, ...]
    splits: Mapping[str, Split]
    """`train` and `dev`, and optionally `test`."""

    def __post_init__(self) -> None:
        for name, split in self.splits.items():
            if not len(split):
                raise DatasetError(f"the {name} split has no examples")
        for label in self.labels:
            if self.labels.count(label) > 1:
                raise DatasetError(f"label {shown(label)} is listed twice")
            if problem := label_problem(label):
                raise DatasetError(f"label {shown(label)} {problem}")

    @property
    def train(self) -> Split:
        return self.splits["train"]

    @property
    def dev(self) -> Split:
        return self.splits["dev"]

    @cached_property
    def sha256(self) -> str:
        """Digest of all data that a variant depends on: labels, train and dev."""
        parts = ("\n".join(self.labels), self.train.sha256, self.dev.sha256)
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()
