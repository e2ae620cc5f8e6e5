"""What a model is: which weights multiply, in which order.

A model knows its architecture and asks `Weight` for products and rows; how the weights are stored
is none of its business, so every architecture runs with every encoding.
"""

from collections.abc import Iterator, Mapping, Sequence, Set
from typing import ClassVar, NamedTuple, Protocol, Self

import numpy as np

from edgemood.arrays import Float32, Int32
from edgemood.encodings.base import Weight
from edgemood.errors import LayoutError

FOLDED = "folded"
# Arrays: numpy takes one in half the time that a number needs, which counts for single texts.
_ONE, _HALF = np.array(1, np.float32), np.array(0.5, np.float32)

Sizes = Mapping[str, int | tuple[int, ...]]
"""An architecture's sizes as the manifest states them, e.g. `{"dim": 128, "hidden": (64,)}`."""


class Batch(NamedTuple):
    """Texts as rows of the token table, one after the other, without padding."""

    ids: Int32
    """*Shape:* `(tokens of all texts,)`."""
    lengths: Int32
    """Tokens of each text, at least 1. *Shape:* `(texts,)`."""

    @classmethod
    def from_lists(cls, texts: Sequence[Sequence[int] | Int32]) -> Self:
        """Join lists of rows; none may be empty."""
        lengths = np.array([len(text) for text in texts], dtype=np.int32)
        if len(texts) == 1:
            return cls(np.asarray(texts[0], dtype=np.int32), lengths)
        return cls(np.concatenate([np.asarray(text, dtype=np.int32) for text in texts]), lengths)

    @property
    def starts(self) -> Int32:
        """Where each text begins in `ids`. *Shape:* `(texts,)`."""
        starts: Int32 = np.cumsum(self.lengths, dtype=np.int32) - self.lengths
        return starts

    def chunks(self, max_tokens: int) -> Iterator["Batch"]:
        """Cut between texts so that no part holds more than `max_tokens`, unless it is one text.

        Decoded rows are much larger than the text they come from; this bounds them.
        """
        if len(self.ids) <= max_tokens:
            yield self
            return
        first = 0
        ends = np.cumsum(self.lengths)
        while first < len(self.lengths):
            start = int(ends[first - 1]) if first else 0
            last = max(first + 1, int(np.searchsorted(ends, start + max_tokens, side="right")))
            yield type(self)(self.ids[start : int(ends[last - 1])], self.lengths[first:last])
            first = last


class Model(Protocol):
    """A network from token rows to logits."""

    architecture: ClassVar[str]

    @classmethod
    def from_weights(cls, sizes: Sizes, weights: Mapping[str, Weight]) -> Self:
        """Connect the weights.

        Raises:
            LayoutError: a weight is missing, surplus, or does not have the shape that `sizes` ask.
        """

    @classmethod
    def shapes(cls, sizes: Sizes) -> dict[str, tuple[int, int]]:
        """The weights that these sizes ask for, and their shapes.

        Raises:
            LayoutError: the sizes are not those of this architecture.
        """

    @property
    def resident_bytes(self) -> Mapping[str, int]:
        """Bytes held in memory besides the weights, by part."""

    def logits(self, batch: Batch) -> Float32:
        """*Shape:* `(texts, labels)`."""


def check_shapes(weights: Mapping[str, Weight], expected: Mapping[str, tuple[int, int]]) -> None:
    """Make sure that exactly the expected weights are there, in the expected shapes.

    Raises:
        LayoutError: they are not.
    """
    if set(weights) != set(expected):
        raise LayoutError(f"expected the weights {sorted(expected)}, found {sorted(weights)}")
    for name, shape in expected.items():
        if weights[name].shape != shape:
            raise LayoutError(f"{name} must have the shape {shape}, found {weights[name].shape}")


def bias_row(weight: Weight) -> Float32:
    """A bias, stored as a matrix of one row. *Shape:* `(out,)`."""
    return weight.rows(np.zeros(1, dtype=np.int32)).reshape(-1)


def sigmoid(x: Float32) -> Float32:
    """The logistic function, written with tanh, which neither overflows nor needs two branches."""
    scores: Float32 = _HALF * (np.tanh(_HALF * x) + _ONE)
    return scores


def is_folded(sizes: Sizes) -> bool:
    """Whether the token table holds the output of the first linear step for each word."""
    return sizes.get(FOLDED, 0) == 1


def check_names(sizes: Sizes, expected: set[str], *, optional: Set[str] = frozenset()) -> None:
    """Make sure that exactly the expected sizes are there, and perhaps some optional ones.

    Raises:
        LayoutError: they are not.
    """
    if set(sizes) - optional != expected:
        raise LayoutError(f"expected the sizes {sorted(expected)}, found {sorted(sizes)}")


def widths(sizes: Sizes, name: str) -> tuple[int, ...]:
    """One size that must be a list of positive whole numbers, perhaps empty.

    Raises:
        LayoutError: it is missing or something else.
    """
    value = sizes.get(name)
    if not isinstance(value, tuple) or any(width < 1 for width in value):
        raise LayoutError(f"the size {name!r} must be a list of layer widths, found {value!r}")
    return value


def whole_number(sizes: Sizes, name: str) -> int:
    """One size that must be a positive whole number.

    Raises:
        LayoutError: it is missing or something else.
    """
    value = sizes.get(name)
    if not isinstance(value, int) or value < 1:
        raise LayoutError(f"the size {name!r} must be a positive whole number, found {value!r}")
    return value
