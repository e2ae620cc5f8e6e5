"""A gated recurrent unit over word vectors, in one or two directions, and layers on its last state.

PyTorch's form, with the reset gate applied after the recurrent product:

    r = sigmoid(W_ir x + b_ir + W_hr h + b_hr)
    z = sigmoid(W_iz x + b_iz + W_hz h + b_hz)
    n = tanh(W_in x + b_in + r * (W_hn h + b_hn))
    h = (1 - z) * n + z * h

so `b_hn` cannot be folded into `b_in`. Texts are never padded: at each step only those that still
have a word take part, hence a text's scores do not depend on its company.

With `gate_bits = 8` gates and state lie on fixed integer grids: sigmoids on scale 1/256 with zero
point -128, tanh and state on scale 1/128 with zero point 0. The ranges of these functions are known
beforehand, so nothing is calibrated and the grids hold for texts of any length.

With the size `folded` the token table holds `W_i x + b_i` of each word, for one direction after the
other, and there are neither input weights nor input biases.
"""

from collections.abc import Mapping, Sequence
from typing import ClassVar, Self

import numpy as np

from edgemood.arrays import Float32
from edgemood.encodings.base import Weight
from edgemood.errors import LayoutError
from edgemood.models.base import (
    FOLDED,
    Batch,
    Sizes,
    bias_row,
    check_names,
    check_shapes,
    is_folded,
    whole_number,
    widths,
)
from edgemood.models.gru.gates import halve_sigmoids, input_product, side_by_side
from edgemood.models.gru.recurrence import Packed, Recurrence
from edgemood.models.mlp import Mlp

FLOAT_GATES, INT8_GATES = 32, 8


class Gru:
    """A GRU and a multi-layer perceptron.

    The sizes are `rows` and `dim` of the token table, `hidden` (units of a direction),
    `directions`, `head` (widths of the layers before the last), `labels`, `gate_bits` and perhaps
    `folded`.
    Direction i, 0 forward and 1 backward, has the weights `gru.i.input` of the shape
    `(3 * hidden, dim)`, `gru.i.hidden` and their biases; rows stand in the order r, z, n.
    """

    architecture: ClassVar[str] = "gru"

    def __init__(
        self,
        embedding: Weight,
        inputs: "_Inputs | _Folded",
        recurrence: Recurrence,
        layers: Mlp,
        *,
        directions: int,
    ) -> None:
        self._embedding, self._inputs, self._recurrence = embedding, inputs, recurrence
        self._layers, self._directions = layers, directions

    @classmethod
    def from_weights(cls, sizes: Sizes, weights: Mapping[str, Weight]) -> Self:
        check_shapes(weights, cls.shapes(sizes))
        directions = whole_number(sizes, "directions")

        def of_each(part: str) -> list[Weight]:
            return [weights[f"gru.{i}.{part}"] for i in range(directions)]

        inputs: _Inputs | _Folded = _Folded(directions)
        if not is_folded(sizes):
            inputs = _Inputs(of_each("input"), [bias_row(b) for b in of_each("input_bias")])
        recurrence = Recurrence(
            of_each("hidden"),
            [bias_row(b) for b in of_each("hidden_bias")],
            integer_gates=sizes["gate_bits"] == INT8_GATES,
        )
        layers = Mlp.from_weights(weights)
        return cls(weights["embedding"], inputs, recurrence, layers, directions=directions)

    @property
    def resident_bytes(self) -> Mapping[str, int]:
        return {
            "gru inputs": self._inputs.resident_bytes,
            "gru recurrence": self._recurrence.resident_bytes,
        }

    @classmethod
    def shapes(cls, sizes: Sizes) -> dict[str, tuple[int, int]]:
        names = ("rows", "dim", "hidden", "directions", "labels", "gate_bits")
        check_names(sizes, {*names, "head"}, optional={FOLDED})
        rows, dim, hidden, directions, labels, bits = (whole_number(sizes, n) for n in names)
        if directions > 2 or bits not in (FLOAT_GATES, INT8_GATES):
            raise LayoutError(f"a GRU has 1 or 2 directions and 8- or 32-bit gates, not {sizes}")
        folded = is_folded(sizes)
        if folded and dim != directions * 3 * hidden:
            raise LayoutError(f"a folded table has {directions * 3 * hidden} columns, not {dim}")
        shapes = {"embedding": (rows, dim)}
        for i in range(directions):
            if not folded:
                shapes[f"gru.{i}.input"] = (3 * hidden, dim)
                shapes[f"gru.{i}.input_bias"] = (1, 3 * hidden)
            shapes[f"gru.{i}.hidden"] = (3 * hidden, hidden)
            shapes[f"gru.{i}.hidden_bias"] = (1, 3 * hidden)
        return shapes | Mlp.shapes((directions * hidden, *widths(sizes, "head"), labels))

    def logits(self, batch: Batch) -> Float32:
        return self._layers(self.last_states(batch))

    def last_states(self, batch: Batch) -> Float32:
        """State after the last word of each direction. *Shape:* `(texts, directions * hidden)`."""
        words = self._inputs(self._embedding.rows(batch.ids))
        packed = Packed.of(batch.lengths)
        packed.arrange(words, directions=self._directions)
        state = self._recurrence.last_states(words, packed.active)
        if len(packed.texts) == 1:
            return state
        in_order = np.empty_like(state)
        in_order[packed.texts] = state
        return in_order


class _Inputs:
    """From rows of the table to what the gates of all directions add up."""

    def __init__(self, weights: Sequence[Weight], biases: Sequence[Float32]) -> None:
        self._product = input_product(weights, biases)
        self._columns = sum(len(bias) for bias in biases)

    @property
    def resident_bytes(self) -> int:
        return self._product.resident_bytes

    def __call__(self, rows: Float32) -> Float32:
        """*Shape:* `(words, dim)` -> `(words, 3 * directions * hidden)`."""
        words = np.empty((len(rows), self._columns), np.float32)
        self._product(rows, words)
        return words


class _Folded:
    """The same where the table holds it, for one direction after the other."""

    resident_bytes = 0

    def __init__(self, directions: int) -> None:
        self._directions = directions

    def __call__(self, rows: Float32) -> Float32:
        """*Shape:* `(words, 3 * directions * hidden)` on both sides."""
        return halve_sigmoids(side_by_side(np.split(rows, self._directions, axis=1)))
