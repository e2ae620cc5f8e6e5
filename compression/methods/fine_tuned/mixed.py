"""Mixed precision: each weight gets its own number of bits."""

from collections.abc import Callable
from typing import Annotated, ClassVar, Self

import torch
from pydantic import Field, model_validator

from compression.checkpoints.checkpoint import Checkpoint
from compression.data.dataset import Dataset
from compression.methods.fine_tuning import FineTuned
from compression.metrics.thresholds import best_macro_f1
from compression.networks import Matrix, PositiveInt, TrainableModel
from compression.progress import log
from compression.quantizers.bit_allocation import Option, allocate
from compression.quantizers.fake_quant import LsqWeight, MinMaxWeight, WeightQuantizer
from compression.recipe_table import Array
from compression.training.inference import encode_texts, logits_of
from edgemood.encodings import Stored
from edgemood.quantization.input_quantization import InputQuantization

Width = Annotated[int, Field(ge=1, le=8)]


class Mixed(FineTuned):
    """Learned step sizes; the bits of each weight follow from its sensitivity.

    The sensitivity is the loss of dev macro-F1, under tuned thresholds, when this weight alone is
    quantized without training.
    """

    method: ClassVar[str] = "mixed"
    widths: Annotated[Array[Width], Field(min_length=1)] = (8, 6, 5, 4, 3, 2)
    max_bytes: Annotated[
        PositiveInt | None,
        Field(description="of quantized weights; biases, vocabulary and manifest come on top"),
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
                # A better score with fewer bits is noise: costs must not fall as bits do.
                worst = max(worst, whole - f1(network))
                ways.append(Option(bits, _stored_bytes(matrix, bits), worst))
            options[matrix.name] = ways
        return options


def _lsq(matrix: Matrix, bits: int) -> LsqWeight:
    return LsqWeight(matrix.values, bits=bits, per_row=matrix.role != "table")


def _stored_bytes(matrix: Matrix, bits: int) -> int:
    weight = _lsq(matrix, bits).encode(matrix.values, InputQuantization())
    assert isinstance(weight, Stored)  # noqa: S101  # Integer is
    return sum(array.nbytes for array in weight.arrays().values())
