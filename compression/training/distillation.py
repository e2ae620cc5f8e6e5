"""Learning from a teacher's scores rather than from labels alone (Murillo & Su, section 10)."""

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional

from compression.data.dataset import Split
from compression.settings import DistillationSettings
from compression.training.trainer import Chosen, Supervision, hard_labels


def bernoulli_divergence(teacher: Tensor, student: Tensor, *, temperature: float) -> Tensor:
    """KL(Bernoulli(sigmoid(t/T)) || Bernoulli(sigmoid(s/T))) * T**2, the mean over all labels.

    The labels of one text are not exclusive, so each is a distribution of its own; a softmax over
    them would be wrong. T**2 keeps the gradient's size when T changes.

    Args:
        teacher: logits. *Shape:* `(texts, labels)`.
        student: logits, the same shape.
        temperature: T; above 1 it brings out what the teacher nearly said.
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
    """Labels and teacher together, by the teacher's weight.

    Args:
        split: the training split.
        teacher_logits: of all its texts and then of the augmented ones. *Shape:* `(texts, labels)`.
        settings: temperature and weight.
        augmented: further texts, which have no labels: their loss is the teacher's part alone.
    """
    of_split = hard_labels(split)
    temperature, weight = settings.temperature, settings.weight

    def loss(logits: Tensor, chosen: Chosen) -> Tensor:
        divergence = bernoulli_divergence(teacher_logits[chosen], logits, temperature=temperature)
        labelled = chosen < len(split)
        if not labelled.any():
            return weight * divergence
        # Its share of the batch: a labelled text counts the same whatever company it is in.
        of_labels = of_split(logits[torch.from_numpy(labelled)], chosen[labelled])
        return (1 - weight) * of_labels * float(labelled.mean()) + weight * divergence

    return Supervision((*split.texts, *augmented), loss)
