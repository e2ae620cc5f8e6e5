"""Fine-tuning under quantization: what the methods in `fine_tuned` share.

Such a method chooses the quantizer of each weight. Attaching the quantizers, calibration, training
and export are the same for all of them.
"""

import hashlib
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from compression.checkpoints.checkpoint import Checkpoint
from compression.checkpoints.to_artifact import export
from compression.data.dataset import Dataset
from compression.methods.base import Method
from compression.networks import Matrix, TrainableModel
from compression.quantizers.fake_quant import (
    DynamicInput,
    FloatWeight,
    InputQuantizer,
    StaticInput,
    WeightQuantizer,
)
from compression.quantizers.post_training import RECURRENT_STATE
from compression.settings import FineTuningSettings
from compression.tensors import to_numpy
from compression.training.inference import encode_texts, logits_of
from compression.training.supervision import Supervision
from compression.training.trainer import Trainer
from edgemood import Artifact
from edgemood.encodings import Dense, Weight
from edgemood.quantization.input_quantization import InputMode, InputQuantization

CALIBRATION_TEXTS = 256
"""Training texts that give static activation ranges their initial values."""


Scales = Annotated[
    Literal["rows", "matrices"],
    Field(description="whether a layer's rows have scales of their own; a table has one"),
]


class FineTuned(Method):
    """Trains the base further with quantizers on all weights and, by default, on inputs."""

    activations: InputMode = "static"
    bias_bits: Annotated[Literal[32, 16], Field(description="floating point")] = 32
    training: Annotated[
        FineTuningSettings,
        Field(description="of the quantized network, from the base's weights"),
    ] = FineTuningSettings()

    def quantizer(self, matrix: Matrix, *, seed: int) -> WeightQuantizer:
        """The quantizer of one weight; biases do not get one from here."""
        raise NotImplementedError

    def plan(self, base: Checkpoint, data: Dataset) -> Callable[[Matrix], WeightQuantizer]:
        """The choice of quantizers; overridden by methods that must compare all weights first."""
        return partial(self.quantizer, seed=base.settings.seed)

    def compress(
        self, base: Checkpoint, data: Dataset, supervision: Supervision, *, folder: Path
    ) -> Artifact:
        network = base.module()
        inputs = self._attach(network, self.plan(base, data))
        calibration = encode_texts(data.train.texts[:CALIBRATION_TEXTS], base.vocabulary)
        logits_of(network, calibration)
        trainer = Trainer(network, self.training, seed=base.settings.seed)
        state_file = self._state_file(base, folder)
        best = trainer.run(supervision, data.dev, base.vocabulary, state_file=state_file)
        network.load_state_dict(best)
        return self._export(base, network, inputs)

    def clear(self, base: Checkpoint, *, folder: Path) -> None:
        self._state_file(base, folder).unlink(missing_ok=True)

    def _attach(
        self, network: TrainableModel, quantizer: Callable[[Matrix], WeightQuantizer]
    ) -> dict[str, InputQuantizer]:
        """Attach all quantizers; returns those of inputs, by the name of the layer's weight."""
        inputs: dict[str, InputQuantizer] = {}
        for matrix in list(network.matrices()):
            if matrix.role != "bias":
                network.attach_weight(matrix.name, quantizer(matrix))
            elif self.bias_bits != 32:
                network.attach_weight(matrix.name, FloatWeight(bits=self.bias_bits))
            if matrix.role == "weight" and self.activations != "none":
                kind = StaticInput if self.activations == "static" else DynamicInput
                inputs[matrix.name] = kind()
                network.attach_input(matrix.name, inputs[matrix.name])
        return inputs

    def _export(
        self, base: Checkpoint, network: TrainableModel, inputs: Mapping[str, InputQuantizer]
    ) -> Artifact:
        def encode(matrix: Matrix) -> Weight:
            quantizer = network.weight_quantizer(matrix.name)
            if not isinstance(quantizer, WeightQuantizer):
                return Dense.encode(to_numpy(matrix.values))
            return quantizer.encode(matrix.values, self._input_quantization(matrix, inputs))

        model = base.settings.model
        return export(
            base,
            method=self.method,
            settings=self.model_dump(mode="json"),
            encode=encode,
            sizes=model.sizes if self.activations == "none" else model.integer_sizes,
            matrices=network.matrices(),
        )

    def _input_quantization(
        self, matrix: Matrix, inputs: Mapping[str, InputQuantizer]
    ) -> InputQuantization:
        if matrix.name in inputs:
            return inputs[matrix.name].input_quantization()
        recurrent = matrix.role == "recurrent" and self.activations != "none"
        return RECURRENT_STATE if recurrent else InputQuantization()

    def _state_file(self, base: Checkpoint, folder: Path) -> Path:
        """The file of an unfinished training of this base with these settings."""
        facts = [base.key, base.vocabulary_encoding, str(base.settings.model.folded)]
        text = " ".join([*facts, self.model_dump_json()])
        digest = hashlib.sha256(text.encode()).hexdigest()[:16]
        return folder / f"{self.method}-{digest}.unfinished.safetensors"
