"""The source of gradients: texts, and a loss of their logits."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from compression.data.dataset import Split

Indices = NDArray[np.int64]
"""Positions of a batch's texts in the training split. *Shape:* `(texts,)`."""
Objective = Callable[[Tensor, Indices], Tensor]
"""Logits of a batch, `(texts, labels)`, and the positions of its texts -> the loss, a scalar."""


class Supervision(NamedTuple):
    """Training texts, and the loss of a batch of them."""

    texts: Sequence[str]
    objective: Objective


def label_supervision(split: Split) -> Supervision:
    """The texts of a split with their annotated labels."""
    return Supervision(split.texts, hard_label_loss(split))


def hard_label_loss(split: Split) -> Objective:
    """Binary cross-entropy against the annotated labels of a split."""
    targets = torch.from_numpy(split.targets.astype(np.float32))

    def loss(logits: Tensor, indices: Indices) -> Tensor:
        return functional.binary_cross_entropy_with_logits(logits, targets[indices])

    return loss
