"""Texts and their labels, in splits, whatever file format they came from."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

Targets = NDArray[np.bool_]


@dataclass(frozen=True)
class Split:
    """Examples that are used together."""

    texts: tuple[str, ...]
    targets: Targets
    """Whether a label holds. *Shape:* `(texts, labels)`."""

    def __len__(self) -> int:
        return len(self.texts)


@dataclass(frozen=True)
class Dataset:
    """Training and development examples; the test split, where there is one, decides nothing."""

    labels: tuple[str, ...]
    splits: Mapping[str, Split]
    """`train` and `dev`; `test` where the data has one."""

    @property
    def train(self) -> Split:
        return self.splits["train"]

    @property
    def dev(self) -> Split:
        return self.splits["dev"]

    @cached_property
    def sha256(self) -> str:
        """Digest of labels, texts and targets of what a variant is made from: train and dev."""
        digest = hashlib.sha256("\n".join(self.labels).encode())
        for split in (self.train, self.dev):
            digest.update(np.packbits(split.targets).tobytes())
            for text in split.texts:
                digest.update(hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest())
        return digest.hexdigest()
