"""The gates of a GRU: their layout for all directions together, and the products that give them.

**Layout.** A row of gates holds one gate of every direction before the next gate: with two
directions `(r of 0, r of 1, z of 0, z of 1, n of 0, n of 1)`, each of `hidden` numbers. Its width
is `3 * directions * hidden`. So one product serves all directions, and the two sigmoid gates, r and
z, are contiguous: one call computes both.

**Sigmoids.** `sigmoid(x) = (tanh(x / 2) + 1) / 2`. The columns of r and z in weights, scales and
biases are therefore halved when the model is built. Halving is exact in floating point, so this
does not change the result.
"""

from collections.abc import Callable, Sequence
from typing import Protocol

import numpy as np

from edgemood.arrays import Float32
from edgemood.encodings.base import FloatProduct, Weight
from edgemood.quantization.input_quantization import InputQuantization

GATES = 3
"""Reset (r), update (z) and candidate (n)."""
HALF = np.array(0.5, np.float32)
_NOT_QUANTIZED = InputQuantization()


class GateProduct(Protocol):
    """Computes the gates of all directions in the layout of this module.

    Biases are added and the arguments of sigmoids are halved.
    """

    @property
    def resident_bytes(self) -> int:
        """Bytes held in memory in addition to the weights."""

    def __call__(self, x: Float32, out: Float32) -> None:
        """Write the gates into `out`. *Shape:* `(n, in)` -> `(n, 3 * directions * hidden)`."""


def input_product(weights: Sequence[Weight], biases: Sequence[Float32]) -> GateProduct:
    """Build the product with the word vectors, which are the same for all directions.

    Args:
        weights: one for each direction, of the shape `(3 * hidden, dim)`.
        biases: one for each direction. *Shape:* `(3 * hidden,)`.
    """
    products, bias = _float_products(weights), _fused_bias(biases)
    if not products or not _share_inputs(products):
        return _ProductPerDirection(weights, bias, lambda x: [x] * len(weights))
    matrix, scales = interleave_directions([p.matrix for p in products]), _column_scales(products)
    if scales is None:
        halve_sigmoid_inputs(matrix)
    return _FusedProduct(matrix, scales, bias, products[0].input_quantization)


def recurrent_product(
    weights: Sequence[Weight], biases: Sequence[Float32], *, state: InputQuantization
) -> GateProduct:
    """Build the product with the states of all directions.

    Its input is a row of states, direction by direction, and a 1 after them.
    *Shape:* `(n, directions * hidden + 1)`.

    Args:
        weights: one for each direction, of the shape `(3 * hidden, hidden)`.
        biases: one for each direction. *Shape:* `(3 * hidden,)`.
        state: the quantization that states have gone through already. Weights that would quantize
            their inputs in the same way need not do so again.
    """
    products, bias = _float_products(weights), _fused_bias(biases)
    if not products or not all(_takes_as_is(p, state) for p in products):
        return _ProductPerDirection(
            weights, bias, lambda x: np.split(x[:, :-1], len(weights), axis=1)
        )
    matrix, scales = _block_diagonal([p.matrix for p in products]), _column_scales(products)
    if scales is None:  # the bias becomes the row of the 1, which saves a call in each step
        return _FusedProduct(np.concatenate([halve_sigmoid_inputs(matrix), bias]))
    # The bias must not be scaled, so it is added after the scales, and the row of the 1 is zero.
    return _FusedProduct(np.concatenate([matrix, np.zeros_like(bias)]), scales, bias)


def interleave_directions(directions: Sequence[Float32]) -> Float32:
    """Bring the gates of several directions into the layout of this module.

    Args:
        directions: gates r, z, n of one direction each. *Shape:* `(n, 3 * hidden)`.

    Returns:
        *Shape:* `(n, 3 * directions * hidden)`.
    """
    count, hidden = len(directions[0]), directions[0].shape[1] // GATES
    interleaved = np.empty((count, GATES, len(directions), hidden), np.float32)
    for i, gates in enumerate(directions):
        interleaved[:, :, i] = gates.reshape(count, GATES, hidden)
    return interleaved.reshape(count, -1)


def halve_sigmoid_inputs(gates: Float32) -> Float32:
    """Halve the columns of r and z, in place. *Shape:* `(n, 3 * directions * hidden)`."""
    gates[:, : gates.shape[1] // GATES * 2] *= HALF
    return gates


class _FusedProduct:
    """One matrix product for all directions: `(x @ matrix) * scales + bias`."""

    def __init__(
        self,
        matrix: Float32,
        scales: Float32 | None = None,
        bias: Float32 | None = None,
        inputs: InputQuantization = _NOT_QUANTIZED,
    ) -> None:
        self._matrix, self._scales, self._bias = matrix, scales, bias
        self._inputs = inputs if inputs.quantized else None

    @property
    def resident_bytes(self) -> int:
        parts = (self._matrix, self._scales, self._bias)
        return sum(part.nbytes for part in parts if part is not None)

    def __call__(self, x: Float32, out: Float32) -> None:
        if self._inputs is not None:
            x = self._inputs.fake_quantize(x)
        np.dot(x, self._matrix, out)
        if self._scales is not None:
            np.multiply(out, self._scales, out)
        if self._bias is not None:
            np.add(out, self._bias, out)


class _ProductPerDirection:
    """One product for each direction: for weights without a float product or of unequal inputs."""

    def __init__(
        self,
        weights: Sequence[Weight],
        bias: Float32,
        inputs_of_directions: Callable[[Float32], Sequence[Float32]],
    ) -> None:
        self._weights, self._bias, self._inputs = weights, bias, inputs_of_directions

    @property
    def resident_bytes(self) -> int:
        return self._bias.nbytes

    def __call__(self, x: Float32, out: Float32) -> None:
        products = [w.matmul(x) for w, x in zip(self._weights, self._inputs(x), strict=True)]
        np.add(halve_sigmoid_inputs(interleave_directions(products)), self._bias, out)


def _float_products(weights: Sequence[Weight]) -> list[FloatProduct]:
    """The float product of each weight; empty if one of them has none."""
    products = [product for w in weights if (product := w.as_float_product()) is not None]
    return products if len(products) == len(weights) else []


def _share_inputs(products: Sequence[FloatProduct]) -> bool:
    first = products[0].input_quantization
    return all(p.input_quantization.same_as(first) for p in products)


def _takes_as_is(product: FloatProduct, state: InputQuantization) -> bool:
    """Whether a product can take states without quantizing them again."""
    return any(product.input_quantization.same_as(q) for q in (_NOT_QUANTIZED, state))


def _block_diagonal(matrices: Sequence[Float32]) -> Float32:
    """Join the directions' matrices, with zeros between a state and another direction's gates.

    *Shape:* `(hidden, 3 * hidden)` each -> `(directions * hidden, 3 * directions * hidden)`.
    """
    blocks = [
        interleave_directions([m if m is own else np.zeros_like(m) for m in matrices])
        for own in matrices
    ]
    return np.concatenate(blocks)


def _column_scales(products: Sequence[FloatProduct]) -> Float32 | None:
    """One scale for each column, halved for sigmoids; None if all scales are 1."""
    if all(product.scale is None for product in products):
        return None
    ones = np.ones((1, products[0].matrix.shape[1]), np.float32)
    return halve_sigmoid_inputs(
        interleave_directions([ones if p.scale is None else ones * p.scale for p in products])
    )


def _fused_bias(biases: Sequence[Float32]) -> Float32:
    """*Shape:* `(3 * hidden,)` each -> `(1, 3 * directions * hidden)`."""
    return halve_sigmoid_inputs(interleave_directions([bias[np.newaxis] for bias in biases]))
