"""float16: half the bytes, and a rounding error far below that of training."""

from pathlib import Path
from typing import ClassVar

from compression.checkpoints.checkpoint import Checkpoint
from compression.checkpoints.to_artifact import export
from compression.data.dataset import Dataset
from compression.methods.base import Method
from compression.tensors import to_numpy
from compression.training.supervision import Supervision
from edgemood import Artifact
from edgemood.encodings import Dense


class Fp16(Method):
    """Every weight as float16."""

    method: ClassVar[str] = "fp16"

    def compress(
        self, base: Checkpoint, data: Dataset, supervision: Supervision, *, folder: Path
    ) -> Artifact:
        return export(
            base,
            method=self.method,
            settings=self.model_dump(mode="json"),
            encode=lambda matrix: Dense.encode(to_numpy(matrix.values), bits=16),
        )
