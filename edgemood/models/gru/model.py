"""A GRU over word vectors, in one or two directions, and a perceptron on its last states.

The form is PyTorch's, which applies the reset gate after the recurrent product:

    r = sigmoid(W_ir x + b_ir + W_hr h + b_hr)
    z = sigmoid(W_iz x + b_iz + W_hz h + b_hz)
    n = tanh(W_in x + b_in + r * (W_hn h + b_hn))
    h = (1 - z) * n + z * h

so `b_hn` cannot be folded into `b_in`. Texts are not padded: at each step only the texts that still
have a word take part, so the other texts of a batch do not change a text's scores.

With `gate_bits = 8` gates and states are rounded to fixed 8-bit grids: r and z to the scale 1/256
with the zero point -128, n and h to the scale 1/128 with the zero point 0. The ranges of sigmoid
and tanh are known, so the grids need no calibration and hold for texts of any length.

The input product is linear, so it can be folded into the token table. With the size `folded` the
table holds `W_i x + b_i` of each word, direction after direction, and there are no input weights
and no input biases.
"""

from collections.abc import Mapping, Sequence
from typing import ClassVar, Self

import numpy as np

from edgemood.arrays import Float32
from edgemood.encodings.base import Weight
from edgemood.encodings.bounds import column_bounds
from edgemood.errors import LayoutError
from edgemood.models.base import INDEX_BYTES, Batch, ModelMemory, bias_of, check_weights, with_bias
from edgemood.models.gru.gates import (
    GATES,
    halve_sigmoid_inputs,
    input_product,
    interleave_directions,
)
from edgemood.models.gru.recurrence import PackedOrder, Recurrence
from edgemood.models.mlp import Mlp
from edgemood.models.sizes import (
    FOLDED,
    Sizes,
    check_size_names,
    is_folded,
    layer_widths,
    positive_integer,
)

FLOAT_GATES, INT8_GATES = 32, 8
"""The values of `gate_bits`."""
_FLOAT = 4
_FUSED_COPIES = 4


class Gru:
    """A GRU and a multi-layer perceptron.

    The sizes are `rows` and `dim` of the token table, `hidden` (units of a direction),
    `directions` (1 or 2), `head` (the widths of the perceptron's ReLU layers), `labels`,
    `gate_bits` (8 or 32), and optionally `folded`.

    The weights are `embedding`, the token table; those of `Mlp`; and for each direction i (0 is
    forward, 1 is backward) `gru.i.input` of the shape `(3 * hidden, dim)`, `gru.i.hidden` of the
    shape `(3 * hidden, hidden)`, and their biases `gru.i.input_bias` and `gru.i.hidden_bias`. Their
    rows are in the order r, z, n.
    """

    architecture: ClassVar[str] = "gru"

    def __init__(
        self,
        embedding: Weight,
        inputs: "_InputGates | _FoldedInputGates",
        recurrence: Recurrence,
        layers: Mlp,
        *,
        directions: int,
    ) -> None:
        self._embedding, self._inputs, self._recurrence = embedding, inputs, recurrence
        self._layers, self._directions = layers, directions

    @classmethod
    def shapes(cls, sizes: Sizes) -> dict[str, tuple[int, int]]:
        """Return the name and shape of every weight that a network of these sizes has."""
        names = ("rows", "dim", "hidden", "directions", "labels", "gate_bits")
        check_size_names(sizes, {*names, "head"}, optional={FOLDED})
        rows, dim, hidden, directions, labels, bits = (positive_integer(sizes, n) for n in names)
        if directions > 2 or bits not in (FLOAT_GATES, INT8_GATES):
            raise LayoutError(f"a GRU has 1 or 2 directions and 8- or 32-bit gates, not {sizes}")
        gates, folded = GATES * hidden, is_folded(sizes)
        if folded and dim != directions * gates:
            raise LayoutError(f"a folded table has {directions * gates} columns, not {dim}")
        shapes = {"embedding": (rows, dim)}
        for i in range(directions):
            if not folded:
                shapes[f"gru.{i}.input"] = (gates, dim)
                shapes[f"gru.{i}.input_bias"] = (1, gates)
            shapes[f"gru.{i}.hidden"] = (gates, hidden)
            shapes[f"gru.{i}.hidden_bias"] = (1, gates)
        return shapes | Mlp.shapes((directions * hidden, *layer_widths(sizes, "head"), labels))

    @classmethod
    def memory(cls, weights: Mapping[str, Weight]) -> ModelMemory:
        """Return the most bytes that a network of these weights takes."""
        gru = {name: weight for name, weight in weights.items() if name.startswith("gru.")}
        inputs = [w.memory.input for name, w in gru.items() if name.endswith(".input")]
        hidden = [weight for name, weight in gru.items() if name.endswith(".hidden")]
        table, layers = weights["embedding"].memory, Mlp.memory(weights)
        columns = weights["embedding"].shape[1] + sum(w.shape[1] for w in hidden) + 1
        gates = _FLOAT * sum(w.shape[0] for w in hidden)
        states = 5 * gates + max(w.memory.input for w in hidden)
        return ModelMemory(
            # Fused matrices are made from those of the directions, with copies in between.
            resident=table.table
            + layers.resident
            + _FUSED_COPIES * columns * gates
            + sum(weight.memory.layer for weight in gru.values()),
            token=2 * table.row + 3 * gates + max(inputs, default=0) + INDEX_BYTES,
            text=max(states, gates + layers.text) + INDEX_BYTES,
            block=table.block,
        )

    @classmethod
    def from_weights(cls, sizes: Sizes, weights: Mapping[str, Weight]) -> Self:
        """Build the network."""
        check_weights(weights, cls.shapes(sizes))
        directions = positive_integer(sizes, "directions")
        _check_range(weights, directions)

        def of_directions(part: str) -> list[Weight]:
            return [weights[f"gru.{i}.{part}"] for i in range(directions)]

        inputs: _InputGates | _FoldedInputGates = _FoldedInputGates(directions)
        if not is_folded(sizes):
            biases = [bias_of(weight) for weight in of_directions("input_bias")]
            inputs = _InputGates(of_directions("input"), biases)
        recurrence = Recurrence(
            of_directions("hidden"),
            [bias_of(weight) for weight in of_directions("hidden_bias")],
            integer_gates=sizes["gate_bits"] == INT8_GATES,
        )
        layers = Mlp.from_weights(weights)
        return cls(weights["embedding"], inputs, recurrence, layers, directions=directions)

    @property
    def resident_bytes(self) -> Mapping[str, int]:
        """Bytes of the fused matrices, for the inputs and for the recurrence."""
        return {
            "gru inputs": self._inputs.resident_bytes,
            "gru recurrence": self._recurrence.resident_bytes,
        }

    def logits(self, batch: Batch) -> Float32:
        """Compute the logits of each text. *Shape:* `(texts, labels)`."""
        return self._layers(self.last_states(batch))

    def last_states(self, batch: Batch) -> Float32:
        """Compute the state of each direction after its last word.

        Returns:
            *Shape:* `(texts, directions * hidden)`.
        """
        gates = self._inputs(self._embedding.rows(batch.ids))
        order = PackedOrder.of(batch.lengths)
        order.pack(gates, directions=self._directions)
        states = self._recurrence.last_states(gates, order.batch_sizes)
        if len(order.texts) == 1:
            return states
        in_batch_order = np.empty_like(states)
        in_batch_order[order.texts] = states
        return in_batch_order


def _check_range(weights: Mapping[str, Weight], directions: int) -> None:
    """Check that no text leads to numbers that float32 cannot hold; states are within -1 to 1."""
    words = column_bounds(weights["embedding"])
    for i in range(directions):
        hidden = weights[f"gru.{i}.hidden"]
        with_bias(hidden, np.ones(hidden.shape[1]), weights[f"gru.{i}.hidden_bias"])
        if f"gru.{i}.input" in weights:
            with_bias(weights[f"gru.{i}.input"], words, weights[f"gru.{i}.input_bias"])
    Mlp.check_range(weights, np.ones(directions * hidden.shape[1]))


class _InputGates:
    """The gates' share of the word vectors: an input product of rows of the token table."""

    def __init__(self, weights: Sequence[Weight], biases: Sequence[Float32]) -> None:
        self._product = input_product(weights, biases)
        self._columns = sum(len(bias) for bias in biases)

    @property
    def resident_bytes(self) -> int:
        return self._product.resident_bytes

    def __call__(self, rows: Float32) -> Float32:
        """*Shape:* `(words, dim)` -> `(words, 3 * directions * hidden)`."""
        gates = np.empty((len(rows), self._columns), np.float32)
        self._product(rows, gates)
        return gates


class _FoldedInputGates:
    """The same for a folded table, whose rows hold the gates direction after direction."""

    resident_bytes = 0

    def __init__(self, directions: int) -> None:
        self._directions = directions

    def __call__(self, rows: Float32) -> Float32:
        """*Shape:* `(words, 3 * directions * hidden)` on both sides."""
        return halve_sigmoid_inputs(interleave_directions(np.split(rows, self._directions, axis=1)))
