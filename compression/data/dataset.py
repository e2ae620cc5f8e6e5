"""Texts and their labels, in splits, whatever file format they came from."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from pydantic import TypeAdapter, ValidationError

from compression.errors import DatasetError
from edgemood.format.manifest import Label

Targets = NDArray[np.bool_]


@dataclass(frozen=True)
class Split:
    """Examples that are used together."""

    texts: tuple[str, ...]
    targets: Targets
    """Whether a label holds. *Shape:* `(texts, labels)`."""

    def __len__(self) -> int:
        return len(self.texts)

    @cached_property
    def sha256(self) -> str:
        """Digest of texts and targets."""
        digest = hashlib.sha256(np.packbits(self.targets).tobytes())
        for text in self.texts:
            digest.update(hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest())
        return digest.hexdigest()


@dataclass(frozen=True)
class Dataset:
    """Training and development examples; the test split, where there is one, decides nothing.

    Raises:
        DatasetError: a split is empty, or a label comes twice or could not stand in a manifest.
    """

    labels: tuple[str, ...]
    splits: Mapping[str, Split]
    """`train` and `dev`; `test` where the data has one."""

    def __post_init__(self) -> None:
        for name, split in self.splits.items():
            if not len(split):
                raise DatasetError(f"the {name} split has no examples")
        if len(set(self.labels)) != len(self.labels):
            raise DatasetError(f"a label comes twice: {', '.join(self.labels)}")
        for label in self.labels:
            try:
                TypeAdapter(Label).validate_python(label)
            except ValidationError as error:
                problem = error.errors()[0]["msg"]
                raise DatasetError(f"label {label!r}: {problem}") from None

    @property
    def train(self) -> Split:
        return self.splits["train"]

    @property
    def dev(self) -> Split:
        return self.splits["dev"]

    @cached_property
    def sha256(self) -> str:
        """Digest of what a variant is made from: labels, train and dev."""
        parts = ("\n".join(self.labels), self.train.sha256, self.dev.sha256)
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()
