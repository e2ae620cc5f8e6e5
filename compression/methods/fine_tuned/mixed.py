"""Mixed precision: more bits for the weights that need them."""

from collections.abc import Callable
from typing import Annotated, ClassVar, Self

import torch
from pydantic import Field, model_validator

from compression.checkpoints.checkpoint import Checkpoint
from compression.data.dataset import Dataset
from compression.methods.fine_tuned.base import FineTuned
from compression.metrics.thresholds import best_macro_f1
from compression.networks import Matrix, PositiveInt, TrainableModel
from compression.progress import log
from compression.quantizers.bit_allocation import Option, allocate
from compression.quantizers.fake_quant import LsqWeight, MinMaxWeight, WeightQuantizer
from compression.training.inference import encode_texts, logits_of
from edgemood.encodings import Stored
from edgemood.quantization.input_quantization import InputQuantization

Width = Annotated[int, Field(ge=1, le=8)]


class Mixed(FineTuned):
    """Learned step sizes; the bits of each weight follow from what lowering it alone costs.

    The cost is the macro-F1 on dev, under thresholds tuned anew, that is lost without training.
    """

    method: ClassVar[str] = "mixed"
    widths: Annotated[tuple[Width, ...], Field(min_length=1)] = (8, 6, 5, 4, 3, 2)
    max_bytes: Annotated[
        PositiveInt | None,
        Field(description="of quantised weights; biases, vocabulary and manifest come on top"),
    ] = None
    max_loss: Annotated[float | None, Field(ge=0, description="macro-F1, the sum over weights")] = (
        None
    )

    @model_validator(mode="after")
    def _one_budget(self) -> Self:
        if (self.max_bytes is None) == (self.max_loss is None):
            raise ValueError("mixed takes either max_bytes or max_loss")
        return self

    def plan(self, base: Checkpoint, data: Dataset) -> Callable[[Matrix], WeightQuantizer]:
        options = self._sensitivity(base, data)
        bits = allocate(options, max_bytes=self.max_bytes, max_loss=self.max_loss)
        log("  bits: " + ", ".join(f"{name} {width}" for name, width in bits.items()))
        return lambda matrix: _lsq(matrix, bits[matrix.name])

    def _sensitivity(self, base: Checkpoint, data: Dataset) -> dict[str, list[Option]]:
        rows = encode_texts(data.dev.texts, base.vocabulary)

        def f1(network: TrainableModel) -> float:
            return best_macro_f1(torch.sigmoid(logits_of(network, rows)).numpy(), data.dev.targets)

        whole = f1(base.module())
        options: dict[str, list[Option]] = {}
        for matrix in base.module().matrices():
            if matrix.role == "bias":
                continue
            worst, ways = 0.0, []
            for bits in sorted(self.widths, reverse=True):
                network = base.module()
                network.attach_weight(matrix.name, MinMaxWeight(bits=bits))
                # Fewer bits that look better do so by luck: a cost never falls with the width.
                worst = max(worst, whole - f1(network))
                ways.append(Option(bits, _stored_bytes(matrix, bits), worst))
            options[matrix.name] = ways
        return options


def _lsq(matrix: Matrix, bits: int) -> LsqWeight:
    return LsqWeight(matrix.values, bits=bits, per_row=matrix.role != "table")


def _stored_bytes(matrix: Matrix, bits: int) -> int:
    weight = _lsq(matrix, bits).encode(matrix.values, InputQuantization())
    assert isinstance(weight, Stored)  # noqa: S101  # integers are
    return sum(array.nbytes for array in weight.arrays().values())
