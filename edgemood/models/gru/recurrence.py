"""The steps of a GRU over packed texts: one product and a few in-place operations for each word."""

from collections.abc import Sequence
from itertools import groupby
from typing import Any, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from edgemood.arrays import Float32, Int32
from edgemood.encodings.base import Weight
from edgemood.models.gru.gates import GATES, HALF, recurrent_product
from edgemood.quantization.affine import Grid
from edgemood.quantization.input_quantization import InputQuantization

SIGMOID_GRID = Grid(np.array(1 / 256, np.float32), np.array(-128, np.float32))
"""The 8-bit grid of the gates r and z, which covers [0, 1)."""
TANH_GRID = Grid(np.array(1 / 128, np.float32), np.array(0, np.float32))
"""The 8-bit grid of the candidate n and of the state, which covers [-1, 1)."""
_HIGHEST_CODE = 127
_ONE = np.array(1, np.float32)  # numpy converts a 0-d array in half the time of a Python number


def rounding_constants(grid: Grid) -> tuple[Float32, Float32]:
    """Return the offset that rounds to a grid, and the grid's highest real.

    The scale must be a power of two. Around 1.5 * 2**23 * scale, adjacent float32 numbers are one
    scale apart. Adding that offset and subtracting it again therefore rounds to the nearest
    multiple of the scale, ties to even. After clipping at the highest real these are the numbers of
    `affine.quantize` and `affine.dequantize`, in half as many calls.
    """
    offset, highest = 1.5 * 2**23 * grid.scale, (_HIGHEST_CODE - grid.zero_point) * grid.scale
    return np.array(offset, np.float32), np.array(highest, np.float32)


_SIGMOID_OFFSET, _SIGMOID_HIGHEST = rounding_constants(SIGMOID_GRID)
_TANH_OFFSET, _TANH_HIGHEST = rounding_constants(TANH_GRID)


class PackedOrder(NamedTuple):
    """The order in which steps read the words of a batch: step by step, longest text first.

    Texts are not padded. At each step only the texts that still have a word take part, as in
    PyTorch's `PackedSequence`.
    """

    texts: NDArray[np.intp]
    """The texts, longest first. *Shape:* `(texts,)`."""
    batch_sizes: list[int]
    """Number of texts that take part in each step."""
    words: tuple[NDArray[Any] | None, NDArray[Any] | slice]
    """Indices of the words step by step, for the forward direction (None: as they are) and for the
    backward direction, which reads each text from its end. *Shape:* `(words,)` each."""

    @classmethod
    def of(cls, lengths: Int32) -> Self:
        """Return the order for concatenated texts of these lengths. *Shape:* `(texts,)`."""
        if len(lengths) == 1:
            words = None, slice(None, None, -1)
            return cls(np.zeros(1, np.intp), [1] * int(lengths[0]), words)
        texts = np.argsort(-lengths, kind="stable")
        descending, ends = lengths[texts], np.cumsum(lengths)[texts]
        steps = np.arange(int(descending[0]))
        batch_sizes = np.searchsorted(-descending, -steps, side="left")
        step = np.repeat(steps, batch_sizes)
        rank = np.arange(len(step)) - np.repeat(np.cumsum(batch_sizes) - batch_sizes, batch_sizes)
        begins = ends - descending
        return cls(texts, batch_sizes.tolist(), (begins[rank] + step, ends[rank] - 1 - step))

    def pack(self, gates: Float32, *, directions: int) -> None:
        """Reorder the words' gates from text by text to step by step, in place.

        Args:
            gates: in the layout of `gates.py`. *Shape:* `(words, 3 * directions * hidden)`.
            directions: 1 or 2.
        """
        by_direction = gates.reshape(len(gates), GATES, directions, -1)
        for i, order in enumerate(self.words[:directions]):
            if order is not None:
                by_direction[:, :, i] = by_direction[order, :, i]


class Recurrence:
    """The recurrent part of a GRU, for all directions together.

    Args:
        weights: one for each direction, of the shape `(3 * hidden, hidden)`.
        biases: one for each direction. *Shape:* `(3 * hidden,)`.
        integer_gates: whether gates and state are rounded to the grids of this module.
    """

    def __init__(
        self, weights: Sequence[Weight], biases: Sequence[Float32], *, integer_gates: bool
    ) -> None:
        self._integer_gates = integer_gates
        state = InputQuantization("static", TANH_GRID) if integer_gates else InputQuantization()
        self._product = recurrent_product(weights, biases, state=state)

    @property
    def resident_bytes(self) -> int:
        """Bytes held in memory in addition to the weights."""
        return self._product.resident_bytes

    def last_states(self, words: Float32, batch_sizes: Sequence[int]) -> Float32:
        """Run all steps.

        Args:
            words: input gates, packed by `PackedOrder.pack`.
                *Shape:* `(words, 3 * directions * hidden)`.
            batch_sizes: number of texts in each step; never ascending.

        Returns:
            The last state of each text, longest text first.
            *Shape:* `(texts, directions * hidden)`.
        """
        texts, width = batch_sizes[0], words.shape[1] // GATES
        state_and_one = np.zeros((texts, width + 1), np.float32)
        state_and_one[:, width] = 1
        first = 0
        for n, steps in ((n, len(list(same))) for n, same in groupby(batch_sizes)):
            block = words[first : first + steps * n].reshape(steps, n, -1)
            first += steps * n
            self._run(block, state_and_one[:n])
        return state_and_one[:, :width]

    def _run(self, words: Float32, state_and_one: Float32) -> None:
        """Run the steps in which the same n texts take part, and update their states.

        *Shape:* `(steps, n, 3 * width)` and `(n, width + 1)`, where `width = directions * hidden`.
        """
        texts, width = len(state_and_one), state_and_one.shape[1] - 1
        both, state = 2 * width, state_and_one[:, :width]
        recurrent = np.empty((texts, GATES * width), np.float32)
        gates, candidate = np.empty((texts, both), np.float32), np.empty((texts, width), np.float32)
        reset, update = gates[:, :width], gates[:, width:]
        recurrent_gates, recurrent_candidate = recurrent[:, :both], recurrent[:, both:]
        # Local names: the loop takes most of the time of a text, and look-ups are a part of it.
        product, integer_gates = self._product, self._integer_gates
        add, subtract, multiply = np.add, np.subtract, np.multiply
        minimum, tanh = np.minimum, np.tanh
        for word_gates, word_candidate in zip(words[..., :both], words[..., both:], strict=True):
            product(state_and_one, recurrent)
            add(word_gates, recurrent_gates, gates)
            tanh(gates, gates)
            add(gates, _ONE, gates)
            multiply(gates, HALF, gates)
            if integer_gates:
                add(gates, _SIGMOID_OFFSET, gates)
                subtract(gates, _SIGMOID_OFFSET, gates)
                minimum(gates, _SIGMOID_HIGHEST, out=gates)
            multiply(reset, recurrent_candidate, candidate)
            add(word_candidate, candidate, candidate)
            tanh(candidate, candidate)
            if integer_gates:
                add(candidate, _TANH_OFFSET, candidate)
                subtract(candidate, _TANH_OFFSET, candidate)
                minimum(candidate, _TANH_HIGHEST, out=candidate)
            # (1 - z) * n + z * h = n + z * (h - n); the difference is exact if both are on a grid.
            subtract(state, candidate, state)
            multiply(update, state, state)
            add(candidate, state, state)
            if integer_gates:  # it lies between n and h, so it needs no clipping
                add(state, _TANH_OFFSET, state)
                subtract(state, _TANH_OFFSET, state)
