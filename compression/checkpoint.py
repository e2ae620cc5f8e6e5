"""A trained base classifier on disk: what methods start from.

Safetensors again, so that no checkpoint can run code; the settings travel as JSON.
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Self

import numpy as np
import safetensors
import safetensors.torch
import torch
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from torch import Tensor

from compression.dataset import Dataset
from compression.errors import CheckpointError
from compression.modules import BagSettings, ModelSettings, PositiveInt, Probability, Twin
from edgemood.models import Batch
from edgemood.tokenizer import TOKENIZER_VERSION, tokenize
from edgemood.vocabulary import UNKNOWN, PlainVocabulary

_METADATA_KEY = "edgemood-checkpoint"


class _Settings(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class VocabularySettings(_Settings):
    """`[base.NAME.vocabulary]`: which words of the training split get a row."""

    min_count: PositiveInt = 2
    max_words: PositiveInt = 8000


class TrainingSettings(_Settings):
    """`[base.NAME.training]`: AdamW, linear warm-up, cosine decay, averaged weights."""

    epochs: PositiveInt = 10
    batch_size: PositiveInt = 64
    learning_rate: Annotated[float, Field(gt=0)] = 4e-3
    weight_decay: Annotated[float, Field(ge=0)] = 0.1
    warmup: Annotated[Probability, Field(description="share of all steps")] = 0.1
    word_dropout: Annotated[Probability, Field(description="chance to become unknown")] = 0.2
    ema_decay: Annotated[Probability, Field(description="of the averaged weights")] = 0.999
    patience: Annotated[PositiveInt, Field(description="epochs without gain on dev")] = 3


class BaseSettings(_Settings):
    """`[base.NAME]` of a recipe."""

    seed: Annotated[int, Field(ge=0, lt=2**32)] = 0
    model: ModelSettings = BagSettings()
    vocabulary: VocabularySettings = VocabularySettings()
    training: TrainingSettings = TrainingSettings()

    def key(self, data: Dataset) -> str:
        """Digest of everything that decides how a base turns out, but for the machine."""
        facts = [self.model_dump_json(), data.sha256, str(TOKENIZER_VERSION)]
        return hashlib.sha256("\n".join(facts).encode()).hexdigest()[:16]


@dataclass(frozen=True)
class Checkpoint:
    """A base classifier."""

    settings: BaseSettings
    key: str
    labels: tuple[str, ...]
    words: tuple[str, ...]
    state: dict[str, Tensor]

    @property
    def vocabulary(self) -> PlainVocabulary:
        """The words with their rows."""
        return PlainVocabulary(self.words)

    def module(self) -> Twin:
        """A network of its own with these weights, in evaluation mode."""
        module = self.settings.model.build(rows=len(self.words) + 1, labels=len(self.labels))
        module.load_state_dict(self.state)
        return module.eval()

    def save(self, path: Path) -> None:
        """Write the file whole or not at all."""
        facts = {
            "settings": self.settings.model_dump(),
            "key": self.key,
            "labels": self.labels,
            "words": self.words,
        }
        save_tensors(path, self.state, {_METADATA_KEY: json.dumps(facts)})

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read a file that `save` wrote.

        Raises:
            CheckpointError: it is something else.
        """
        try:
            with safetensors.safe_open(path, framework="pt") as file:
                facts = json.loads((file.metadata() or {})[_METADATA_KEY])
                state = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
            settings = BaseSettings.model_validate(facts["settings"])
            labels, words = tuple(facts["labels"]), tuple(facts["words"])
            return cls(settings, facts["key"], labels, words, state)
        except (
            KeyError,
            OSError,
            ValueError,
            ValidationError,
            safetensors.SafetensorError,
        ) as error:
            raise CheckpointError(f"{path}: not a checkpoint: {error}; delete it") from error


def save_tensors(path: Path, tensors: dict[str, Tensor], metadata: dict[str, str]) -> None:
    """Write a safetensors file whole or not at all."""
    part = path.with_suffix(".part")
    contiguous = {name: tensor.detach().contiguous() for name, tensor in tensors.items()}
    safetensors.torch.save_file(contiguous, part, metadata=metadata)
    part.replace(path)


def encode(texts: Sequence[str], vocabulary: PlainVocabulary) -> list[np.ndarray]:
    """The rows of each text, at least one."""
    ids = vocabulary.ids
    return [np.array(ids(tokenize(text)) or [UNKNOWN], dtype=np.int32) for text in texts]


@torch.inference_mode()
def module_logits(module: Twin, rows: Sequence[np.ndarray]) -> Tensor:
    """Logits of encoded texts in evaluation mode. *Shape:* `(texts, labels)`."""
    was_training = module.training
    module.eval()
    logits = [
        module(torch.from_numpy(chunk.ids), torch.from_numpy(chunk.lengths))
        for chunk in Batch.from_lists(rows).chunks(65_536)
    ]
    module.train(was_training)
    return torch.cat(logits)
