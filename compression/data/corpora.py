"""All data of a recipe: its own dataset, further labelled sources, and texts without labels."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from compression.data.dataset import Dataset


@dataclass(frozen=True)
class Corpora:
    """The data that bases and teachers may learn from."""

    main: Dataset
    """`[data]`: its labels are those of the variants."""
    sources: Mapping[str, Dataset] = field(default_factory=dict)
    """`[source.NAME]`: other texts with labels, or the same texts with other labels."""
    collections: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """`[texts.NAME]`: texts for a teacher to judge."""

    @cached_property
    def held_out(self) -> frozenset[str]:
        """The texts of all dev and test splits."""
        datasets = (self.main, *self.sources.values())
        splits = (item for dataset in datasets for item in dataset.splits.items())
        return frozenset(text for name, split in splits if name != "train" for text in split.texts)

    def collection(self, name: str) -> tuple[str, ...]:
        """The texts of a collection that are in no dev or test split."""
        return tuple(text for text in self.collections[name] if text not in self.held_out)

    def sha256(self, name: str) -> str:
        """Digest of a source or collection."""
        if name in self.sources:
            return self.sources[name].sha256
        digest = hashlib.sha256()
        for text in self.collection(name):
            digest.update(hashlib.sha256(text.encode()).digest())
        return digest.hexdigest()
