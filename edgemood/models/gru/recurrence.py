"""The steps of a GRU: one product and a score of element-wise operations in place, for each word.

For a single text, calls are what a step costs, not arithmetic; hence the layout of `gates`, and
hence what looks unusual here.
"""

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
TANH_GRID = Grid(np.array(1 / 128, np.float32), np.array(0, np.float32))
_HIGHEST_CODE = 127
_ONE = np.array(1, np.float32)  # numpy takes an array in half the time that a number needs


def _rounding(grid: Grid) -> tuple[Float32, Float32]:
    """What rounds to a grid whose scale is a power of two: a number far away, and the highest real.

    Next to 1.5 * 2**23 steps, float32 holds whole steps and nothing between: to add that much and
    to take it away again rounds to the nearest step, ties to even. These are the numbers that
    `affine.quantize` and `affine.dequantize` give, in half the calls.
    """
    far, highest = 1.5 * 2**23 * grid.scale, (_HIGHEST_CODE - grid.zero_point) * grid.scale
    return np.array(far, np.float32), np.array(highest, np.float32)


_SIGMOID_FAR, _SIGMOID_HIGHEST = _rounding(SIGMOID_GRID)
_TANH_FAR, _TANH_HIGHEST = _rounding(TANH_GRID)


class Packed(NamedTuple):
    """The order in which steps meet words: all first words, longest text first, then all second."""

    texts: NDArray[np.intp]
    """The texts, longest first. *Shape:* `(texts,)`."""
    active: list[int]
    """How many texts have a word at each step."""
    orders: tuple[NDArray[Any] | None, NDArray[Any] | slice]
    """Which words they are, step after step: read from the texts' beginnings (None: as they stand)
    and from their ends. *Shape:* `(words,)` each."""

    @classmethod
    def of(cls, lengths: Int32) -> Self:
        """The order for texts of these lengths that stand one after the other."""
        if len(lengths) == 1:
            orders = None, slice(None, None, -1)
            return cls(np.zeros(1, np.intp), [1] * int(lengths[0]), orders)
        texts = np.argsort(-lengths, kind="stable")
        descending, ends = lengths[texts], np.cumsum(lengths)[texts]
        steps = np.arange(int(descending[0]))
        active = np.searchsorted(-descending, -steps, side="left")
        step = np.repeat(steps, active)
        rank = np.arange(len(step)) - np.repeat(np.cumsum(active) - active, active)
        begins = ends - descending
        return cls(texts, active.tolist(), (begins[rank] + step, ends[rank] - 1 - step))

    def arrange(self, words: Float32, *, directions: int) -> None:
        """Bring words from the order of texts into that of steps, in place.

        *Shape:* `(words, 3 * directions * hidden)`.
        """
        by_direction = words.reshape(len(words), GATES, directions, -1)
        for i, order in enumerate(self.orders[:directions]):
            if order is not None:
                by_direction[:, :, i] = by_direction[order, :, i]


class Recurrence:
    """Everything that is repeated for each word."""

    def __init__(
        self, weights: Sequence[Weight], biases: Sequence[Float32], *, integer_gates: bool
    ) -> None:
        """Put directions side by side.

        Args:
            weights: each direction's, of the shape `(3 * hidden, hidden)`.
            biases: each direction's. *Shape:* `(3 * hidden,)`.
            integer_gates: whether gates and state lie on the grids of this module.
        """
        self._integer_gates = integer_gates
        state = InputQuantization("static", TANH_GRID) if integer_gates else InputQuantization()
        self._product = recurrent_product(weights, biases, inputs=state)

    @property
    def resident_bytes(self) -> int:
        """Bytes held besides the weights it was made of."""
        return self._product.resident_bytes

    def last_states(self, words: Float32, active: Sequence[int]) -> Float32:
        """Run over all texts.

        Args:
            words: input products as `Packed.arrange` leaves them.
                *Shape:* `(words, 3 * directions * hidden)`.
            active: as in `Packed`.

        Returns:
            Each text's last state, longest text first. *Shape:* `(texts, directions * hidden)`.
        """
        texts, width = active[0], words.shape[1] // GATES
        state_and_one = np.zeros((texts, width + 1), np.float32)
        state_and_one[:, width] = 1
        recurrent = np.empty((texts, GATES * width), np.float32)
        gates = np.empty((texts, 2 * width), np.float32)
        candidate = np.empty((texts, width), np.float32)
        first = 0
        for n, steps in ((n, len(list(same))) for n, same in groupby(active)):
            block = words[first : first + steps * n].reshape(steps, n, -1)
            first += steps * n
            self._run(block, state_and_one[:n], recurrent[:n], gates[:n], candidate[:n])
        return state_and_one[:, :width]

    def _run(
        self,
        words: Float32,
        state_and_one: Float32,
        recurrent: Float32,
        gates: Float32,
        candidate: Float32,
    ) -> None:
        """Steps over the same texts; the state is changed, what follows it is room to work in."""
        both, state = gates.shape[1], state_and_one[:, :-1]
        reset, update = gates[:, : both // 2], gates[:, both // 2 :]
        recurrent_gates, recurrent_candidate = recurrent[:, :both], recurrent[:, both:]
        # Names are looked up once: this loop is most of what a text costs.
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
                add(gates, _SIGMOID_FAR, gates)
                subtract(gates, _SIGMOID_FAR, gates)
                minimum(gates, _SIGMOID_HIGHEST, out=gates)
            multiply(reset, recurrent_candidate, candidate)
            add(word_candidate, candidate, candidate)
            tanh(candidate, candidate)
            if integer_gates:
                add(candidate, _TANH_FAR, candidate)
                subtract(candidate, _TANH_FAR, candidate)
                minimum(candidate, _TANH_HIGHEST, out=candidate)
            subtract(state, candidate, state)  # n + z * (h - n), exact where both are on a grid
            multiply(update, state, state)
            add(candidate, state, state)
            if integer_gates:  # it lies between the two it comes from: never above the highest
                add(state, _TANH_FAR, state)
                subtract(state, _TANH_FAR, state)
