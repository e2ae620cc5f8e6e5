"""Dynamic int8: each activation row is quantized by its own range at run time."""

from functools import partial
from pathlib import Path
from typing import Annotated, ClassVar

from pydantic import Field

from compression.checkpoints.checkpoint import Checkpoint
from compression.checkpoints.to_artifact import export
from compression.data.dataset import Dataset
from compression.methods.base import Method
from compression.quantizers.observers import Calibrator
from compression.quantizers.post_training import quantize_matrix
from compression.training.supervision import Supervision
from edgemood import Artifact
from edgemood.quantization.input_quantization import InputQuantization


class Int8Dynamic(Method):
    """Needs no calibration data; costs a minimum and a maximum per row at run time."""

    method: ClassVar[str] = "int8-dynamic"
    weight_bits: Annotated[int, Field(ge=1, le=8, description="activations have 8")] = 8
    weights: Calibrator = "min-max"

    def compress(
        self, base: Checkpoint, data: Dataset, supervision: Supervision, *, folder: Path
    ) -> Artifact:
        encode = partial(
            quantize_matrix,
            bits=self.weight_bits,
            calibrator=self.weights,
            activations=InputQuantization("dynamic"),
        )
        return export(
            base,
            method=self.method,
            settings=self.model_dump(mode="json"),
            encode=encode,
            sizes=base.settings.model.integer_sizes,
        )
