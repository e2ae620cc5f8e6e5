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

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Self

import numpy as np

from edgemood.affine import Grid, dequantize, full_range, quantize
from edgemood.encodings.base import Float32, Int32, Weight
from edgemood.errors import LayoutError
from edgemood.models.base import (
    FOLDED,
    Batch,
    Sizes,
    bias_row,
    check_names,
    check_shapes,
    is_folded,
    sigmoid,
    whole_number,
    widths,
)
from edgemood.models.mlp import Mlp

FLOAT_GATES, INT8_GATES = 32, 8
SIGMOID_GRID = Grid(np.array(1 / 256, np.float32), np.array(-128, np.float32))
TANH_GRID = Grid(np.array(1 / 128, np.float32), np.array(0, np.float32))
_CODES = full_range(INT8_GATES)


class Gru:
    """A GRU and a multi-layer perceptron.

    The sizes are `rows` and `dim` of the token table, `hidden` (units of a direction),
    `directions`, `head` (widths of the layers before the last), `labels`, `gate_bits` and perhaps
    `folded`.
    Direction i, 0 forward and 1 backward, has the weights `gru.i.input` of the shape
    `(3 * hidden, dim)`, `gru.i.hidden` and their biases; rows stand in the order r, z, n.
    """

    architecture: ClassVar[str] = "gru"

    def __init__(self, embedding: Weight, directions: list["_Direction"], layers: Mlp) -> None:
        self._embedding, self._directions, self._layers = embedding, directions, layers

    @classmethod
    def from_weights(cls, sizes: Sizes, weights: Mapping[str, Weight]) -> Self:
        check_shapes(weights, cls.shapes(sizes))
        directions = [
            _Direction(
                input=_Input.of(weights, i, folded=is_folded(sizes)),
                hidden=weights[f"gru.{i}.hidden"],
                hidden_bias=bias_row(weights[f"gru.{i}.hidden_bias"]),
                integer_gates=sizes["gate_bits"] == INT8_GATES,
            )
            for i in range(whole_number(sizes, "directions"))
        ]
        return cls(weights["embedding"], directions, Mlp.from_weights(weights))

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
        forward = batch.starts
        backward = forward + batch.lengths - 1
        return np.concatenate(
            [
                direction.last_state(rows, begin, step, batch.lengths)
                for direction, begin, step in zip(
                    self._directions, (forward, backward), (1, -1), strict=False
                )
            ],
            axis=1,
        )


@dataclass(frozen=True)
class _Input:
    """From rows of the table to what a direction's gates add up."""

    direction: int
    weight: Weight | None
    """None where the table is folded."""
    bias: Float32

    @classmethod
    def of(cls, weights: Mapping[str, Weight], i: int, *, folded: bool) -> Self:
        if folded:
            return cls(i, None, np.zeros(0, np.float32))
        return cls(i, weights[f"gru.{i}.input"], bias_row(weights[f"gru.{i}.input_bias"]))

    def project(self, rows: Float32, width: int) -> Float32:
        """*Shape:* `(tokens, dim)` -> `(tokens, width)`."""
        if self.weight is None:
            return rows[:, self.direction * width : (self.direction + 1) * width]
        projected: Float32 = self.weight.matmul(rows) + self.bias
        return projected


@dataclass(frozen=True)
class _Direction:
    input: _Input
    hidden: Weight
    hidden_bias: Float32
    integer_gates: bool

    def last_state(self, rows: Float32, begin: Int32, step: int, lengths: Int32) -> Float32:
        """Run over every text. `begin` is each text's first row, `step` leads to the next one."""
        projected = self.input.project(rows, self.hidden.shape[0])
        longest_first = np.argsort(-lengths, kind="stable")
        begin, lengths = begin[longest_first], lengths[longest_first]
        state = np.zeros((len(lengths), self.hidden.shape[1]), dtype=np.float32)
        for t in range(int(lengths[0])):
            active = int(np.searchsorted(-lengths, -t, side="left"))
            words = projected[begin[:active] + step * t]
            state[:active] = self._step(words, state[:active])
        unsorted = np.empty_like(state)
        unsorted[longest_first] = state
        return unsorted

    def _step(self, words: Float32, state: Float32) -> Float32:
        recurrent = self.hidden.matmul(state) + self.hidden_bias
        width = state.shape[1]
        gates = self._on(SIGMOID_GRID, sigmoid(words[:, : 2 * width] + recurrent[:, : 2 * width]))
        reset, update = gates[:, :width], gates[:, width:]
        candidate = np.tanh(words[:, 2 * width :] + reset * recurrent[:, 2 * width :])
        candidate = self._on(TANH_GRID, candidate)
        return self._on(TANH_GRID, (np.float32(1) - update) * candidate + update * state)

    def _on(self, grid: Grid, x: Float32) -> Float32:
        return dequantize(quantize(x, grid, _CODES), grid) if self.integer_gates else x
