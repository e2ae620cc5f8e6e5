"""Distillation: learning from a teacher's soft labels (Murillo & Su, section 10)."""

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional

from compression.data.dataset import Split
from compression.settings import DistillationSettings
from compression.training.supervision import Indices, Supervision, hard_label_loss


def bernoulli_divergence(teacher: Tensor, student: Tensor, *, temperature: float) -> Tensor:
    """KL(Bernoulli(sigmoid(t/T)) || Bernoulli(sigmoid(s/T))) * T**2, the mean over all labels.

    A text can have several labels, so each label has a Bernoulli distribution of its own; a softmax
    over the labels would be wrong. The factor T**2 keeps the gradient's size when T changes.

    Args:
        teacher: logits t. *Shape:* `(texts, labels)`.
        student: logits s, the same shape.
        temperature: T; above 1, labels with low scores weigh more.

    Returns:
        A scalar.
    """
    target = torch.sigmoid(teacher / temperature)
    cross_entropy = functional.binary_cross_entropy_with_logits(student / temperature, target)
    own_entropy = functional.binary_cross_entropy_with_logits(teacher / temperature, target)
    return (cross_entropy - own_entropy) * temperature**2


def distillation(
    split: Split,
    teacher_logits: Tensor,
    settings: DistillationSettings,
    *,
    augmented: Sequence[str] = (),
) -> Supervision:
    """Labels and soft labels, blended by `settings.weight`.

    Args:
        split: the training split.
        teacher_logits: of its texts, then of the augmented ones. *Shape:* `(texts, labels)`.
        settings: temperature and weight.
        augmented: texts without labels; their loss is the teacher's part alone.
    """
    label_loss = hard_label_loss(split)
    temperature, weight = settings.temperature, settings.weight

    def loss(logits: Tensor, indices: Indices) -> Tensor:
        divergence = bernoulli_divergence(teacher_logits[indices], logits, temperature=temperature)
        labelled = indices < len(split)
        if not labelled.any():
            return weight * divergence
        # Scaled by the labelled share of the batch, so that each labelled text weighs the same in
        # every batch.
        of_labels = label_loss(logits[torch.from_numpy(labelled)], indices[labelled])
        return (1 - weight) * of_labels * float(labelled.mean()) + weight * divergence

    return Supervision((*split.texts, *augmented), loss)
