"""Static int8: calibration data gives activation ranges, which the artifact stores."""

from pathlib import Path
from typing import Annotated, ClassVar

from pydantic import Field
from torch import Tensor

from compression.checkpoints.checkpoint import Checkpoint
from compression.checkpoints.to_artifact import export
from compression.data.dataset import Dataset
from compression.methods.base import Method
from compression.networks import Matrix, Quantizer
from compression.quantizers.observers import OBSERVERS, Calibrator, Observer
from compression.quantizers.post_training import RECURRENT_STATE, quantize_matrix
from compression.tensors import to_numpy
from compression.training.inference import encode_texts, logits_of
from compression.training.supervision import Supervision
from edgemood import Artifact
from edgemood.encodings import Weight
from edgemood.quantization.input_quantization import InputQuantization


class Int8Static(Method):
    """Asymmetric activation ranges, calibrated on the first texts of the training split."""

    method: ClassVar[str] = "int8-static"
    weight_bits: Annotated[int, Field(ge=1, le=8, description="activations have 8")] = 8
    weights: Calibrator = "min-max"
    activations: Calibrator = "min-max"
    calibration_texts: Annotated[int, Field(ge=1)] = 4096

    def compress(
        self, base: Checkpoint, data: Dataset, supervision: Supervision, *, folder: Path
    ) -> Artifact:
        inputs = self._calibrate(base, data)

        def encode_matrix(matrix: Matrix) -> Weight:
            return quantize_matrix(
                matrix,
                bits=self.weight_bits,
                calibrator=self.weights,
                activations=inputs.get(matrix.name, RECURRENT_STATE),
            )

        return export(
            base,
            method=self.method,
            settings=self.model_dump(mode="json"),
            encode=encode_matrix,
            sizes=base.settings.model.integer_sizes,
        )

    def _calibrate(self, base: Checkpoint, data: Dataset) -> dict[str, InputQuantization]:
        """The quantization of each layer's inputs, by the name of the layer's weight."""
        network = base.module()
        observers: dict[str, Observer] = {}
        for matrix in network.matrices():
            if matrix.role == "weight":
                observers[matrix.name] = OBSERVERS[self.activations]()
                network.attach_input(matrix.name, ObservedInput(observers[matrix.name]))
        texts = data.train.texts[: self.calibration_texts]
        logits_of(network, encode_texts(texts, base.vocabulary))
        return {
            name: InputQuantization.static(*map(float, observer.range()))
            for name, observer in observers.items()
        }


class ObservedInput(Quantizer):
    """Passes values on unchanged and shows them to an observer."""

    def __init__(self, observer: Observer) -> None:
        super().__init__()
        self._observer = observer

    def forward(self, x: Tensor) -> Tensor:
        self._observer.observe(to_numpy(x))
        return x
