"""Structured pruning: removes hidden units and words, then fine-tunes the rest."""

from pathlib import Path
from typing import Annotated, ClassVar, Literal

import numpy as np
from pydantic import Field

from compression.checkpoints.checkpoint import Checkpoint
from compression.checkpoints.structured_pruning import prune_units, prune_words
from compression.data.dataset import Dataset
from compression.methods.fine_tuning import FineTuned
from compression.networks import Matrix
from compression.quantizers.fake_quant import WeightQuantizer, plain_quantizer
from compression.training.inference import encode_texts
from compression.training.supervision import Supervision
from edgemood import Artifact

Share = Annotated[float, Field(ge=0, lt=1)]


class PruneStructured(FineTuned):
    """A smaller dense network; it needs no sparse kernels."""

    method: ClassVar[str] = "prune-structured"
    activations: Literal["none"] = "none"
    units: Annotated[Share, Field(description="of each hidden layer to remove")] = 0.5
    words: Annotated[Share, Field(description="of the vocabulary to remove")] = 0.5
    bits: Annotated[Literal[32, 16, 8, 7, 6, 5, 4, 3, 2, 1], Field(description="of weights")] = 16

    def compress(
        self, base: Checkpoint, data: Dataset, supervision: Supervision, *, folder: Path
    ) -> Artifact:
        ids = np.concatenate(encode_texts(data.train.texts, base.vocabulary))
        counts = np.bincount(ids, minlength=len(base.vocabulary))[1:]
        smaller = prune_words(prune_units(base, self.units), counts, self.words)
        return super().compress(smaller, data, supervision, folder=folder)

    def quantizer(self, matrix: Matrix, *, seed: int) -> WeightQuantizer:
        return plain_quantizer(self.bits)
