"""Soft labels for tuning thresholds: annotated labels blended with a teacher's scores."""

import torch

from compression.data.dataset import SoftLabels, Split
from compression.teachers.ensemble import Ensemble
from compression.teachers.teacher import Teacher


def threshold_labels(
    teacher: Teacher | Ensemble, dev: Split, *, head: str | None = None
) -> SoftLabels:
    """The soft labels that thresholds are tuned on: labels blended with the teacher's scores.

    A rare label has about a hundred dev texts, too few for a stable threshold. The teacher's scores
    reduce the variance, for its own thresholds and for those of its students.

    Args:
        teacher: its blend weight is the weight of its scores.
        dev: the split that thresholds are tuned on.
        head: the source that the split belongs to; missing for the main data.
    """
    labels, weight = SoftLabels.of(dev), teacher.blend_weight
    if weight == 0:
        return labels
    logits = teacher.logits(dev.texts, mix={head: 1.0} if head else None)
    scores = torch.sigmoid(logits.double()).numpy()
    return labels._replace(targets=(1 - weight) * labels.targets + weight * scores)
