"""The figures of a preview."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from compression.data.dataset import Split
from compression.data.tables.examples import Example, split_of
from compression.data.tables.reading import TableReading
from compression.data.tables.splitting import text_key


@dataclass(frozen=True)
class Lengths:
    """Of the texts of all splits."""

    median: int
    most: int
    """95 % of the texts are no longer."""
    longest: int

    @classmethod
    def of(cls, lengths: Sequence[int]) -> "Lengths":
        """Of at least one text."""
        median, most = np.percentile(lengths, [50, 95], method="inverted_cdf")
        return cls(int(median), int(most), max(lengths))


@dataclass(frozen=True)
class Duplicates:
    """Texts of the same tokens."""

    splits: tuple[str, str]
    """Those of the first and the second text; the same for duplicates within a split."""
    pairs: tuple[tuple[Example, Example], ...]
    """Each later text of a split, with the first one of the other split or of its own."""


@dataclass(frozen=True)
class Summary:
    """What a preview shows."""

    reading: TableReading
    splits: Mapping[str, Split]
    characters: Lengths
    tokens: Lengths
    duplicates: tuple[Duplicates, ...]
    contradictions: tuple[tuple[Example, Example], ...]
    """Texts of the same tokens and other labels."""

    @property
    def labels_of_texts(self) -> NDArray[np.int64]:
        """How many labels each text of any split has. *Shape:* `(texts,)`."""
        counts = [split.targets.sum(axis=1) for split in self.splits.values()]
        found: NDArray[np.int64] = np.concatenate(counts)
        return found

    @property
    def is_single_label(self) -> bool:
        """Whether each text has one label."""
        return bool(self.reading.labels) and bool((self.labels_of_texts == 1).all())

    def together(self) -> list[tuple[str, str, int]]:
        """Pairs of labels by how many texts have both, those of most texts first."""
        targets = np.concatenate([split.targets for split in self.splits.values()]).astype(np.int64)
        both = targets.T @ targets
        labels = self.reading.labels
        pairs = combinations(range(len(labels)), 2)
        found = [(labels[i], labels[j], int(both[i, j])) for i, j in pairs if both[i, j]]
        return sorted(found, key=lambda pair: (-pair[2], pair))


def summarize(reading: TableReading) -> Summary:
    """Compute all figures; at least one row must be an example."""
    keys = {
        split: [text_key(example.text) for example in examples]
        for split, examples in reading.examples.items()
    }
    texts = [example.text for examples in reading.examples.values() for example in examples]
    return Summary(
        reading,
        {name: split_of(rows, reading.labels) for name, rows in reading.examples.items()},
        Lengths.of([len(text) for text in texts]),
        Lengths.of([len(key.split()) for several in keys.values() for key in several]),
        tuple(_duplicates(reading.examples, keys)),
        tuple(_contradictions(reading.examples, keys)),
    )


def _duplicates(
    examples: Mapping[str, Sequence[Example]], keys: Mapping[str, Sequence[str]]
) -> Iterator[Duplicates]:
    firsts = {split: _firsts(examples[split], keys[split]) for split in examples}
    for split, found in firsts.items():
        repeated = _pairs(examples[split], keys[split], found)
        pairs = tuple(pair for pair in repeated if pair[0] is not pair[1])
        yield Duplicates((split, split), pairs)
    for one, other in combinations(examples, 2):
        yield Duplicates((one, other), tuple(_pairs(examples[other], keys[other], firsts[one])))


def _firsts(examples: Sequence[Example], keys: Sequence[str]) -> dict[str, Example]:
    found: dict[str, Example] = {}
    for key, example in zip(keys, examples, strict=True):
        found.setdefault(key, example)
    return found


def _pairs(
    examples: Sequence[Example], keys: Sequence[str], firsts: Mapping[str, Example]
) -> Iterator[tuple[Example, Example]]:
    for key, example in zip(keys, examples, strict=True):
        if key in firsts:
            yield firsts[key], example


def _contradictions(
    examples: Mapping[str, Sequence[Example]], keys: Mapping[str, Sequence[str]]
) -> Iterator[tuple[Example, Example]]:
    firsts: dict[str, Example] = {}
    for split, several in examples.items():
        for key, example in zip(keys[split], several, strict=True):
            first = firsts.setdefault(key, example)
            if set(first.labels) != set(example.labels):
                yield first, example
