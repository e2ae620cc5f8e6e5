"""The gates of a GRU's directions side by side: their layout, and products that give them.

A row holds each gate of every direction before the next gate: with two directions
`(r of 0, r of 1, z of 0, z of 1, n of 0, n of 1)`, each of `hidden` numbers. Its width is three
times that of the state, `directions * hidden`. So one product does for all directions, and both
sigmoids, which come first, are one operation on numbers without gaps.

A sigmoid is a hyperbolic tangent of half its argument. The halving is part of weights and biases;
it is exact, as products with powers of two are.
"""

from collections.abc import Callable, Sequence
from typing import Protocol

import numpy as np

from edgemood.arrays import Float32
from edgemood.encodings.base import FloatProduct, Weight
from edgemood.quantization.input_quantization import InputQuantization

GATES = 3
"""Reset, update, candidate."""
HALF = np.array(0.5, np.float32)
_UNQUANTIZED = InputQuantization()


class Product(Protocol):
    """Gives the gates of all directions, biases included, sigmoids' arguments halved."""

    @property
    def resident_bytes(self) -> int:
        """Bytes held besides the weights it was made of."""

    def __call__(self, x: Float32, out: Float32) -> None:
        """*Shape:* `(n, in)` -> `(n, 3 * directions * hidden)`."""


def input_product(weights: Sequence[Weight], biases: Sequence[Float32]) -> Product:
    """Of words, which all directions share.

    Args:
        weights: each direction's, of the shape `(3 * hidden, dim)`.
        biases: each direction's. *Shape:* `(3 * hidden,)`.
    """
    plain, bias = _plain(weights), _bias_row(biases)
    if plain is None or not all(
        p.input_quantization.same_as(plain[0].input_quantization) for p in plain
    ):
        return _Separate(weights, bias, lambda x: [x] * len(weights))
    matrix, scales = side_by_side([p.matrix for p in plain]), _scales(plain)
    if scales is None:
        halve_sigmoids(matrix)
    return _Matrix(matrix, scales, bias, plain[0].input_quantization)


def recurrent_product(
    weights: Sequence[Weight], biases: Sequence[Float32], *, inputs: InputQuantization
) -> Product:
    """Of states, of which each direction has its own part; behind them stands a column of ones.

    Args:
        weights: each direction's, of the shape `(3 * hidden, hidden)`.
        biases: each direction's. *Shape:* `(3 * hidden,)`.
        inputs: what has happened to states; weights that would do the same need not.
    """
    plain, bias = _plain(weights), _bias_row(biases)
    leave = (_UNQUANTIZED, inputs)
    if plain is None or not all(any(p.input_quantization.same_as(a) for a in leave) for p in plain):
        return _Separate(weights, bias, lambda x: np.split(x[:, :-1], len(weights), axis=1))
    # One matrix, zero where one direction's state would meet another's gates.
    blocks = [
        side_by_side([p.matrix if p is q else np.zeros_like(p.matrix) for q in plain])
        for p in plain
    ]
    matrix, scales = np.concatenate(blocks), _scales(plain)
    if scales is None:  # the ones meet the bias: one call less for each word
        return _Matrix(np.concatenate([halve_sigmoids(matrix), bias]))
    # They meet nothing: the bias is not to be scaled.
    return _Matrix(np.concatenate([matrix, np.zeros_like(bias)]), scales, bias)


def side_by_side(directions: Sequence[Float32]) -> Float32:
    """Each direction's gates in the order of this module.

    *Shape:* `(n, 3 * hidden)` each -> `(n, 3 * directions * hidden)`.
    """
    count, hidden = len(directions[0]), directions[0].shape[1] // GATES
    ordered = np.empty((count, GATES, len(directions), hidden), np.float32)
    for i, gates in enumerate(directions):
        ordered[:, :, i] = gates.reshape(count, GATES, hidden)
    return ordered.reshape(count, -1)


def halve_sigmoids(gates: Float32) -> Float32:
    """Halve the arguments of both sigmoids, in place. *Shape:* `(n, 3 * directions * hidden)`."""
    gates[:, : gates.shape[1] // GATES * 2] *= HALF
    return gates


class _Matrix:
    """One matrix for all directions."""

    def __init__(
        self,
        matrix: Float32,
        scales: Float32 | None = None,
        bias: Float32 | None = None,
        input_quantization: InputQuantization = _UNQUANTIZED,
    ) -> None:
        self._matrix, self._scales, self._bias = matrix, scales, bias
        self._activations = input_quantization if input_quantization.quantized else None

    @property
    def resident_bytes(self) -> int:
        parts = (self._matrix, self._scales, self._bias)
        return sum(part.nbytes for part in parts if part is not None)

    def __call__(self, x: Float32, out: Float32) -> None:
        if self._activations is not None:
            x = self._activations.fake_quantize(x)
        np.dot(x, self._matrix, out)
        if self._scales is not None:
            np.multiply(out, self._scales, out)
        if self._bias is not None:
            np.add(out, self._bias, out)


class _Separate:
    """Weights that have more to do than one product, or not the same with their inputs."""

    def __init__(
        self,
        weights: Sequence[Weight],
        bias: Float32,
        inputs: Callable[[Float32], Sequence[Float32]],
    ) -> None:
        self._weights, self._bias, self._inputs = weights, bias, inputs

    @property
    def resident_bytes(self) -> int:
        return self._bias.nbytes

    def __call__(self, x: Float32, out: Float32) -> None:
        products = [w.matmul(x) for w, x in zip(self._weights, self._inputs(x), strict=True)]
        np.add(halve_sigmoids(side_by_side(products)), self._bias, out)


def _plain(weights: Sequence[Weight]) -> list[FloatProduct] | None:
    found = [weight.as_float_product() for weight in weights]
    plain = [linear for linear in found if linear is not None]
    return plain if len(plain) == len(found) else None


def _scales(plain: Sequence[FloatProduct]) -> Float32 | None:
    """One scale for each column, halved where it is a sigmoid's; None where all are 1."""
    if all(linear.scale is None for linear in plain):
        return None
    one = np.ones((1, plain[0].matrix.shape[1]), np.float32)
    return halve_sigmoids(
        side_by_side([one if linear.scale is None else one * linear.scale for linear in plain])
    )


def _bias_row(biases: Sequence[Float32]) -> Float32:
    return halve_sigmoids(side_by_side([bias[np.newaxis] for bias in biases]))
