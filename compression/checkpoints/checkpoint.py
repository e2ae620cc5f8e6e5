"""A checkpoint: a trained base classifier, from which methods make artifacts.

The file is in safetensors format, which cannot run code; settings are JSON in its metadata.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal, Self

import safetensors
import safetensors.torch
import torch
from pydantic import ValidationError
from torch import Tensor

from compression.errors import CheckpointError
from compression.networks import TABLE, TrainableModel
from compression.settings import BaseSettings
from compression.tensors import save_tensors
from edgemood.text.vocabulary import UNKNOWN, FingerprintVocabulary, PlainVocabulary, Vocabulary

VocabularyEncoding = Literal["plain", "fingerprints"]

_METADATA_KEY = "edgemood-checkpoint"


@dataclass(frozen=True)
class Checkpoint:
    """A base classifier."""

    settings: BaseSettings
    key: str
    labels: tuple[str, ...]
    words: tuple[str, ...]
    """In the order of their table rows; row 0 belongs to the unknown word."""
    state: dict[str, Tensor]
    vocabulary_encoding: VocabularyEncoding = "plain"
    """How artifacts store the words."""

    @property
    def vocabulary(self) -> Vocabulary:
        """The vocabulary that maps words to table rows."""
        backoff = self.settings.vocabulary.backoff
        if self.vocabulary_encoding == "plain":
            return PlainVocabulary(self.words, backoff=backoff)
        return FingerprintVocabulary.sort(self.words, backoff=backoff)[0]

    def with_vocabulary(self, encoding: VocabularyEncoding) -> Self:
        """The same classifier with its rows in the order of a vocabulary encoding."""
        if encoding == "plain":
            return replace(self, vocabulary_encoding=encoding)
        _, order = FingerprintVocabulary.sort(self.words)
        rows = torch.tensor([UNKNOWN, *(i + UNKNOWN + 1 for i in order)])
        return replace(
            self,
            words=tuple(self.words[i] for i in order),
            state={**self.state, TABLE: self.state[TABLE].index_select(0, rows)},
            vocabulary_encoding=encoding,
        )

    def module(self) -> TrainableModel:
        """A new network with these weights, in evaluation mode."""
        module = self.settings.model.build(rows=len(self.words) + 1, labels=len(self.labels))
        module.load_state_dict(self.state)
        if self.settings.embedding and self.settings.embedding.frozen:
            module.embedding.requires_grad_(False)  # torch's own
        return module.eval()

    def trained(self, state: Mapping[str, Tensor]) -> Self:
        """The same classifier with other weights."""
        return replace(self, state=dict(state))

    def with_settings(self, settings: BaseSettings) -> Self:
        """The same weights with other settings, which must give the same shapes."""
        return replace(self, settings=settings)

    def save(self, path: Path) -> None:
        """Write the file, completely or not at all."""
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
            CheckpointError: the file is damaged or of another kind.
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
            TypeError,
            ValueError,
            ValidationError,
            safetensors.SafetensorError,
        ) as error:
            raise CheckpointError(f"{path}: not a checkpoint: {error}; delete it") from error
