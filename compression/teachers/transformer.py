"""The network of a teacher: a pre-trained transformer, mean pooling and one linear layer."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from tqdm import tqdm

from compression.errors import TeacherError
from compression.settings import TransformerSettings
from compression.teachers.reading import readable

_TEXTS_AT_ONCE = 64


class Transformer(nn.Module):
    """Encoder, mean over the tokens of a text, linear layer."""

    def __init__(self, source: Path, settings: TransformerSettings, *, labels: int) -> None:
        """Load the pre-trained weights; the linear layer starts at random, from the seed.

        Raises:
            TeacherError: the folder does not hold a transformer in safetensors format.
        """
        super().__init__()
        self._settings = settings
        self.encoder, self.tokenizer = _load(source, settings.added_tokens)
        self._words = frozenset(self.tokenizer.get_vocab())
        torch.manual_seed(settings.seed)
        self.encoder.resize_token_embeddings(len(self.tokenizer), mean_resizing=False)
        width = self.encoder.config.hidden_size
        self.dropout = nn.Dropout(settings.dropout)
        self.head = nn.Linear(width, labels)

    def forward(self, texts: Sequence[str]) -> Tensor:
        """Logits. *Shape:* `(texts, labels)`."""
        logits: Tensor = self.head(self.dropout(self._pooled(texts)))
        return logits

    def logits(self, texts: Sequence[str]) -> Tensor:
        """Logits in evaluation mode. *Shape:* `(texts, labels)`."""
        return self._in_portions(texts, self)

    def pooled(self, texts: Sequence[str]) -> Tensor:
        """Mean token vectors in evaluation mode. *Shape:* `(texts, width)`."""
        return self._in_portions(texts, self._pooled)

    def _pooled(self, texts: Sequence[str]) -> Tensor:
        batch = self.tokenizer(
            [readable(text, self._words) for text in texts],
            padding=True,
            truncation=True,
            max_length=self._settings.max_tokens,
            return_tensors="pt",
        )
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=self._settings.bfloat16):
            hidden = self.encoder(**batch).last_hidden_state
        mask = batch["attention_mask"].unsqueeze(-1).float()
        mean: Tensor = (hidden.float() * mask).sum(1) / mask.sum(1)
        return mean

    @torch.no_grad()
    def _in_portions(
        self, texts: Sequence[str], compute: Callable[[Sequence[str]], Tensor]
    ) -> Tensor:
        """Compute texts of similar length together, so that little is spent on padding."""
        was_training = self.training
        self.eval()
        order = np.argsort([len(text) for text in texts], kind="stable")
        starts = range(0, len(texts), _TEXTS_AT_ONCE)
        portions = (
            [texts[i] for i in order[first : first + _TEXTS_AT_ONCE]]
            for first in tqdm(starts, desc="teacher", leave=False, disable=None)
        )
        by_length = torch.cat([compute(portion) for portion in portions])
        self.train(was_training)
        unsorted = torch.empty_like(by_length)
        unsorted[torch.from_numpy(order)] = by_length
        return unsorted


def _load(source: Path, added_tokens: Sequence[str]) -> tuple[Any, Any]:
    """Encoder and tokenizer."""
    from transformers import AddedToken, AutoModel, AutoTokenizer  # noqa: PLC0415  # seconds

    try:
        # Safetensors only: a pickle could run code.
        encoder = AutoModel.from_pretrained(source, use_safetensors=True)
        tokenizer = AutoTokenizer.from_pretrained(source)
    except (OSError, ValueError) as error:
        raise TeacherError(f"{source}: {str(error).splitlines()[0]}") from error
    # normalized: the tokenizer looks for them after lower-casing the text.
    tokenizer.add_tokens([AddedToken(token, normalized=True) for token in added_tokens])
    return encoder, tokenizer
