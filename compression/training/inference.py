"""Logits of texts from a torch network, as `edgemood.classifier` computes them from artifacts."""

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from compression.networks import TrainableModel
from edgemood.models import Batch
from edgemood.text.encoder import TextEncoder
from edgemood.text.tokenizers import CURRENT_VERSION
from edgemood.text.vocabulary import Vocabulary

Int32 = NDArray[np.int32]
_TOKENS_AT_ONCE = 65_536


def encode_texts(texts: Sequence[str], vocabulary: Vocabulary) -> list[Int32]:
    """The table rows of each text's words; an empty text is one unknown word."""
    encoder = TextEncoder.of(vocabulary, tokenizer_version=CURRENT_VERSION)
    return [np.array(encoder.rows(text), dtype=np.int32) for text in texts]


@torch.inference_mode()
def logits_of(network: TrainableModel, rows: Sequence[Int32]) -> Tensor:
    """Logits of encoded texts in evaluation mode. *Shape:* `(texts, labels)`."""
    was_training = network.training
    network.eval()
    logits = [
        network(torch.from_numpy(chunk.ids), torch.from_numpy(chunk.lengths))
        for chunk in Batch.from_lists(rows).chunks(_TOKENS_AT_ONCE)
    ]
    network.train(was_training)
    return torch.cat(logits)
