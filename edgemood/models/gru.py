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
from dataclasses import dataclass
from typing import ClassVar, Self

import numpy as np

from edgemood.encodings.base import Float32, Weight
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
from edgemood.models.mlp import Mlp
from edgemood.models.recurrence import GATES, Packed, Recurrence, gates_halved, side_by_side

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
        inputs: Sequence["_Input | _Folded"],
        recurrence: Recurrence,
        layers: Mlp,
    ) -> None:
        self._embedding, self._inputs = embedding, inputs
        self._recurrence, self._layers = recurrence, layers

    @classmethod
    def from_weights(cls, sizes: Sizes, weights: Mapping[str, Weight]) -> Self:
        check_shapes(weights, cls.shapes(sizes))
        directions = range(whole_number(sizes, "directions"))
        width = GATES * whole_number(sizes, "hidden")
        inputs = [
            _Folded(slice(i * width, (i + 1) * width))
            if is_folded(sizes)
            else _Input(weights[f"gru.{i}.input"], bias_row(weights[f"gru.{i}.input_bias"]))
            for i in directions
        ]
        recurrence = Recurrence(
            [weights[f"gru.{i}.hidden"] for i in directions],
            [bias_row(weights[f"gru.{i}.hidden_bias"]) for i in directions],
            integer_gates=sizes["gate_bits"] == INT8_GATES,
        )
        return cls(weights["embedding"], inputs, recurrence, Mlp.from_weights(weights))

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
        rows = self._embedding.rows(batch.ids)
        packed = Packed.of(batch.lengths)
        orders = (packed.forward, packed.backward)
        directions = [each.project(rows)[order] for each, order in zip(self._inputs, orders, strict=False)]
        words = gates_halved(side_by_side(directions))
        state = self._recurrence.last_states(words, packed.active)
        in_order = np.empty_like(state)
        in_order[packed.texts] = state
        return in_order


@dataclass(frozen=True)
class _Input:
    """From rows of the table to what a direction's gates add up."""

    weight: Weight
    bias: Float32

    def project(self, rows: Float32) -> Float32:
        """*Shape:* `(tokens, dim)` -> `(tokens, 3 * hidden)`."""
        projected: Float32 = self.weight.matmul(rows) + self.bias
        return projected


@dataclass(frozen=True)
class _Folded:
    """The same where the table holds it."""

    columns: slice

    def project(self, rows: Float32) -> Float32:
        """*Shape:* `(tokens, dim)` -> `(tokens, 3 * hidden)`."""
        return rows[:, self.columns]
