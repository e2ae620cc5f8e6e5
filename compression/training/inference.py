"""Texts through a torch twin; what `edgemood.classifier` does for artifacts."""

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from compression.networks import Twin
from edgemood.models import Batch
from edgemood.text.tokenizer import tokenize
from edgemood.text.vocabulary import UNKNOWN, Vocabulary

Int32 = NDArray[np.int32]


def encode_texts(texts: Sequence[str], vocabulary: Vocabulary) -> list[Int32]:
    """The rows of each text, at least one."""
    ids = vocabulary.ids
    return [np.array(ids(tokenize(text)) or [UNKNOWN], dtype=np.int32) for text in texts]


@torch.inference_mode()
def logits_of(twin: Twin, rows: Sequence[Int32]) -> Tensor:
    """Logits of encoded texts in evaluation mode. *Shape:* `(texts, labels)`."""
    was_training = twin.training
    twin.eval()
    logits = [
        twin(torch.from_numpy(chunk.ids), torch.from_numpy(chunk.lengths))
        for chunk in Batch.from_lists(rows).chunks(65_536)
    ]
    twin.train(was_training)
    return torch.cat(logits)
