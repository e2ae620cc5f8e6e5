"""The protocol of a model: which weights are multiplied, and in which order.

A model knows its architecture and asks each `Weight` for products and rows. It does not know how a
weight is stored, so every architecture runs with every encoding.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import ClassVar, NamedTuple, Protocol, Self

import numpy as np

from edgemood.arrays import Float32, Int32
from edgemood.encodings.base import Weight
from edgemood.encodings.bounds import Bounds, check_bounds
from edgemood.errors import LayoutError
from edgemood.models.sizes import Sizes

# numpy converts a 0-d array in half the time of a Python number, a measurable gain on single texts.
_ONE, _HALF = np.array(1, np.float32), np.array(0.5, np.float32)


INDEX_BYTES = 128
"""Most bytes for each token or text of the lists and arrays of indices that classifying needs."""


class Batch(NamedTuple):
    """Texts as rows of the token table, concatenated without padding."""

    ids: Int32
    """*Shape:* `(tokens of all texts,)`."""
    lengths: Int32
    """Number of tokens of each text, at least 1. *Shape:* `(texts,)`."""

    @classmethod
    def from_lists(cls, texts: Sequence[Sequence[int] | Int32]) -> Self:
        """Concatenate texts, each of them a list of at least one row."""
        lengths = np.array([len(text) for text in texts], dtype=np.int32)
        if len(texts) == 1:
            return cls(np.asarray(texts[0], dtype=np.int32), lengths)
        return cls(np.concatenate([np.asarray(text, dtype=np.int32) for text in texts]), lengths)

    @property
    def starts(self) -> Int32:
        """Index of each text's first token in `ids`. *Shape:* `(texts,)`."""
        starts: Int32 = np.cumsum(self.lengths, dtype=np.int32) - self.lengths
        return starts

    def chunks(self, max_tokens: int) -> Iterator["Batch"]:
        """Split into batches of at most `max_tokens` tokens each, or of a single longer text.

        Decoded rows take much more memory than tokens; chunks limit that memory.
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


class ModelMemory(NamedTuple):
    """Most bytes that a network takes, in addition to the stored arrays of its weights."""

    resident: int
    """Held by the network, or needed while it is built."""
    token: int
    """For each token of the texts that are classified together."""
    text: int
    """For each of these texts."""
    block: int
    """While texts are classified, for all of them."""


class Model(Protocol):
    """A network from rows of the token table to logits."""

    architecture: ClassVar[str]

    @classmethod
    def shapes(cls, sizes: Sizes) -> dict[str, tuple[int, int]]:
        """Return the name and shape of every weight that a network of these sizes has.

        Raises:
            LayoutError: a size is missing, unknown or out of range.
        """

    @classmethod
    def memory(cls, weights: Mapping[str, Weight]) -> ModelMemory:
        """Return the most bytes that a network of these weights takes; their shapes must fit."""

    @classmethod
    def from_weights(cls, sizes: Sizes, weights: Mapping[str, Weight]) -> Self:
        """Build the network.

        Raises:
            LayoutError: the sizes are not valid, the weights are not those of `shapes`, or so large
                that scores may not be finite.
        """

    @property
    def resident_bytes(self) -> Mapping[str, int]:
        """Bytes held in memory in addition to the weights, by part."""

    def logits(self, batch: Batch) -> Float32:
        """Compute the logits of each text. *Shape:* `(texts, labels)`."""


def check_weights(weights: Mapping[str, Weight], shapes: Mapping[str, tuple[int, int]]) -> None:
    """Check that the weights have exactly these names and shapes.

    Raises:
        LayoutError: a weight is missing or unknown, or has another shape.
    """
    if set(weights) != set(shapes):
        raise LayoutError(f"expected the weights {sorted(shapes)}, found {sorted(weights)}")
    for name, shape in shapes.items():
        if weights[name].shape != shape:
            raise LayoutError(f"{name} must have the shape {shape}, found {weights[name].shape}")


def bias_of(weight: Weight) -> Float32:
    """Decode a bias, which is stored as a matrix of one row. *Shape:* `(out,)`."""
    return weight.rows(np.zeros(1, dtype=np.int32)).reshape(-1)


def with_bias(weight: Weight, inputs: Bounds, bias: Weight) -> Bounds:
    """Return the largest magnitudes of a linear step. *Shape:* `(in,)` -> `(out,)`.

    Raises:
        LayoutError: they may exceed what float32 can compute with.
    """
    return check_bounds(weight.bounds(inputs) + np.abs(bias_of(bias)))


def sigmoid(x: Float32) -> Float32:
    """Compute the logistic function as `(tanh(x / 2) + 1) / 2`, without overflow. Any shape."""
    scores: Float32 = _HALF * (np.tanh(_HALF * x) + _ONE)
    return scores
