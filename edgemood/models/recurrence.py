"""The steps of a GRU over packed texts, all directions side by side.

The arrays of a step hold each gate of every direction before the next gate: with two directions
`(r of 0, r of 1, z of 0, z of 1, n of 0, n of 1)`. So one product and a score of element-wise
operations in place, on arrays without gaps, make a step, whatever the number of directions: for a
single text, calls are what a step costs, not arithmetic.

A sigmoid is a hyperbolic tangent of half its argument. The halving is part of weights, biases and
words; it is exact, as products with powers of two are.
"""

from collections.abc import Sequence
from itertools import groupby
from typing import Any, NamedTuple, Protocol, Self

import numpy as np
from numpy.typing import NDArray

from edgemood.affine import Grid
from edgemood.encodings.base import Float32, Int32, Linear, Weight

SIGMOID_GRID = Grid(np.array(1 / 256, np.float32), np.array(-128, np.float32))
TANH_GRID = Grid(np.array(1 / 128, np.float32), np.array(0, np.float32))
GATES = 3
"""Reset, update, candidate."""

# Constants are arrays because numpy takes them in half the time that Python's numbers need.
_ONE, _HALF = np.array(1, np.float32), np.array(0.5, np.float32)


class Packed(NamedTuple):
    """The order in which steps meet words: all first words, longest text first, then all second."""

    texts: NDArray[np.intp]
    """The texts, longest first. *Shape:* `(texts,)`."""
    active: list[int]
    """How many texts have a word at each step."""
    forward: NDArray[Any] | slice
    """Which words they are, step after step, where texts are read from their beginnings.
    *Shape:* `(words,)`."""
    backward: NDArray[Any] | slice
    """The same where they are read from their ends."""

    @classmethod
    def of(cls, lengths: Int32) -> Self:
        """The order for texts of these lengths that stand one after the other."""
        if len(lengths) == 1:
            only = np.zeros(1, np.intp)
            return cls(only, [1] * int(lengths[0]), slice(None), slice(None, None, -1))
        texts = np.argsort(-lengths, kind="stable")
        descending, ends = lengths[texts], np.cumsum(lengths)[texts]
        steps = np.arange(int(descending[0]))
        active = np.searchsorted(-descending, -steps, side="left")
        step = np.repeat(steps, active)
        rank = np.arange(len(step)) - np.repeat(np.cumsum(active) - active, active)
        forward = (ends - descending)[rank] + step
        return cls(texts, active.tolist(), forward, ends[rank] - 1 - step)


class Recurrence:
    """Everything of a GRU that is repeated for each word."""

    def __init__(
        self, weights: Sequence[Weight], biases: Sequence[Float32], *, integer_gates: bool
    ) -> None:
        """Put directions side by side.

        Args:
            weights: of each direction, of the shape `(3 * hidden, hidden)`.
            biases: of each direction. *Shape:* `(3 * hidden,)`.
            integer_gates: whether gates and state lie on the grids of this module.
        """
        self._integer_gates = integer_gates
        self._bias = gates_halved(side_by_side([bias[np.newaxis] for bias in biases]))
        self._product = _product(weights, TANH_GRID if integer_gates else None)

    @property
    def resident_bytes(self) -> int:
        """Bytes held besides the weights it was given."""
        return self._bias.nbytes + self._product.resident_bytes

    def last_states(self, words: Float32, active: Sequence[int]) -> Float32:
        """Run over all texts.

        Args:
            words: input products, gates halved, in the order of `Packed`.
                *Shape:* `(words, 3 * width)`, where width is `directions * hidden`.
            active: as in `Packed`.

        Returns:
            Each text's last state, longest text first. *Shape:* `(texts, width)`.
        """
        width = words.shape[1] // GATES
        state = np.zeros((active[0], width), np.float32)
        recurrent = np.empty((active[0], 3 * width), np.float32)
        gates = np.empty((active[0], 2 * width), np.float32)
        candidate = np.empty((active[0], width), np.float32)
        first = 0
        for texts, steps in ((n, len(list(same))) for n, same in groupby(active)):
            block = words[first : first + steps * texts].reshape(steps, texts, 3 * width)
            first += steps * texts
            self._run(block, state[:texts], recurrent[:texts], gates[:texts], candidate[:texts])
        return state

    def _run(
        self,
        words: Float32,
        state: Float32,
        recurrent: Float32,
        gates: Float32,
        candidate: Float32,
    ) -> None:
        """Steps over the same texts; `state` is changed, what follows it is room to work in."""
        both = gates.shape[1]
        reset, update = gates[:, : both // 2], gates[:, both // 2 :]
        recurrent_gates, recurrent_candidate = recurrent[:, :both], recurrent[:, both:]
        product, bias, integer_gates = self._product, self._bias, self._integer_gates
        add, multiply, subtract, tanh = np.add, np.multiply, np.subtract, np.tanh
        for word_gates, word_candidate in zip(words[..., :both], words[..., both:], strict=True):
            product(state, recurrent)
            add(recurrent, bias, recurrent)
            add(word_gates, recurrent_gates, gates)
            tanh(gates, gates)
            add(gates, _ONE, gates)
            multiply(gates, _HALF, gates)
            if integer_gates:
                _ON_SIGMOID_GRID(gates)
            multiply(reset, recurrent_candidate, candidate)
            add(word_candidate, candidate, candidate)
            tanh(candidate, candidate)
            if integer_gates:
                _ON_TANH_GRID(candidate)
            multiply(update, state, state)
            subtract(_ONE, update, update)
            multiply(update, candidate, candidate)
            add(candidate, state, state)
            if integer_gates:
                _ON_TANH_GRID(state)


class _Onto:
    """Round to a grid whose scale is a power of two, in place.

    Next to 1.5 * 2**23 steps of a grid, float32 holds whole steps and nothing between: to add that
    much and to take it away again rounds to the nearest step, ties to even, like `affine.quantize`
    followed by `affine.dequantize`, in half the calls. Reals below the lowest code are the caller's
    to keep away.
    """

    def __init__(self, grid: Grid, *, highest: int) -> None:
        self._far = np.array(1.5 * 2**23 * grid.scale, np.float32)
        self._highest = np.array((highest - grid.zero_point) * grid.scale, np.float32)

    def __call__(self, real: Float32) -> None:
        np.add(real, self._far, real)
        np.subtract(real, self._far, real)
        np.minimum(real, self._highest, out=real)


_ON_SIGMOID_GRID, _ON_TANH_GRID = _Onto(SIGMOID_GRID, highest=127), _Onto(TANH_GRID, highest=127)


class _Product(Protocol):
    """What the state of all directions is multiplied by."""

    @property
    def resident_bytes(self) -> int:
        """Bytes held besides the weights."""

    def __call__(self, state: Float32, out: Float32) -> None:
        """*Shape:* `(texts, width)` -> `(texts, 3 * width)`, gates halved."""


class _SideBySide:
    """One matrix for all directions, zero where one would meet another."""

    def __init__(self, directions: Sequence[Linear]) -> None:
        count, hidden = len(directions), directions[0].matrix.shape[0]
        nothing = np.zeros((hidden, GATES * hidden), np.float32)
        rows = [
            side_by_side([found.matrix if j == i else nothing for j in range(count)])
            for i, found in enumerate(directions)
        ]
        self._matrix, self._scale = np.concatenate(rows), None
        if all(found.scale is None for found in directions):
            self._matrix = gates_halved(self._matrix)
            return
        one = np.ones((1, GATES * hidden), np.float32)
        scales = [one if found.scale is None else one * found.scale for found in directions]
        self._scale = gates_halved(side_by_side(scales))

    @property
    def resident_bytes(self) -> int:
        return self._matrix.nbytes + (0 if self._scale is None else self._scale.nbytes)

    def __call__(self, state: Float32, out: Float32) -> None:
        np.dot(state, self._matrix, out)
        if self._scale is not None:
            np.multiply(out, self._scale, out)


class _OneByOne:
    """Weights that find a grid for their inputs at each step anew."""

    resident_bytes = 0

    def __init__(self, weights: Sequence[Weight]) -> None:
        self._weights = weights

    def __call__(self, state: Float32, out: Float32) -> None:
        directions = np.split(state, len(self._weights), axis=1)
        products = [w.matmul(x) for w, x in zip(self._weights, directions, strict=True)]
        out[:] = gates_halved(side_by_side(products))


def _product(weights: Sequence[Weight], grid: Grid | None) -> _Product:
    found = [weight.linear(grid) for weight in weights]
    plain = [linear for linear in found if linear is not None]
    return _SideBySide(plain) if len(plain) == len(found) else _OneByOne(weights)


def side_by_side(directions: Sequence[Float32]) -> Float32:
    """Each direction's gates in the order of this module.

    *Shape:* `(n, 3 * hidden)` each -> `(n, 3 * width)`.
    """
    count, hidden = len(directions[0]), directions[0].shape[1] // GATES
    ordered = np.empty((count, GATES, len(directions), hidden), np.float32)
    for i, gates in enumerate(directions):
        ordered[:, :, i] = gates.reshape(count, GATES, hidden)
    return ordered.reshape(count, -1)


def gates_halved(gates: Float32) -> Float32:
    """The same with half of reset and update, in place. *Shape:* `(n, 3 * width)`."""
    gates[:, : gates.shape[1] // GATES * 2] *= _HALF
    return gates
