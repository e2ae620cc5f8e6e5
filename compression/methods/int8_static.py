"""Static int8: activation ranges come from calibration data and are stored in the artifact."""

from collections.abc import Callable
from typing import Annotated, ClassVar

from pydantic import Field
from torch import Tensor, nn

from compression.checkpoint import Checkpoint, encode, module_logits
from compression.dataset import Dataset
from compression.export import export, to_numpy
from compression.methods.base import Method
from compression.modules import Matrix
from compression.observers import OBSERVERS, Calibrator, Observer
from compression.quantize import quantize_matrix
from edgemood import Artifact
from edgemood.encodings import Weight
from edgemood.encodings.activations import Activations


class Int8Static(Method):
    """Asymmetric activation grids from the first texts of the training split."""

    method: ClassVar[str] = "int8-static"
    weights: Calibrator = "min-max"
    activations: Calibrator = "min-max"
    calibration_texts: Annotated[int, Field(ge=1)] = 4096

    def compress(self, base: Checkpoint, data: Dataset) -> Artifact:
        inputs = self._calibrate(base, data)

        def encode_matrix(matrix: Matrix) -> Weight:
            return quantize_matrix(
                matrix,
                bits=8,
                calibrator=self.weights,
                activations=inputs.get(matrix.name, Activations()),
            )

        return export(base, method=self.method, settings=self.model_dump(), encode=encode_matrix)

    def _calibrate(self, base: Checkpoint, data: Dataset) -> dict[str, Activations]:
        """How each layer's inputs are quantised, by the name of the layer's weight."""
        module = base.module()
        observers: dict[str, Observer] = {}
        for name, layer in module.named_modules():
            if isinstance(layer, nn.Linear):
                observer = observers[f"{name}.weight"] = OBSERVERS[self.activations]()
                layer.register_forward_pre_hook(_observe_with(observer))
        texts = data.train.texts[: self.calibration_texts]
        module_logits(module, encode(texts, base.vocabulary))
        return {
            name: Activations.static(*map(float, observer.range()))
            for name, observer in observers.items()
        }


def _observe_with(observer: Observer) -> Callable[[nn.Module, tuple[Tensor, ...]], None]:
    def hook(_: nn.Module, inputs: tuple[Tensor, ...]) -> None:
        observer.observe(to_numpy(inputs[0]))

    return hook
