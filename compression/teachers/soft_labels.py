"""Soft labels for tuning thresholds: annotated labels blended with a teacher's scores."""

import numpy as np
import torch
from numpy.typing import NDArray

from compression.data.dataset import Split
from compression.teachers.ensemble import Ensemble
from compression.teachers.teacher import Teacher


def threshold_targets(teacher: Teacher | Ensemble, dev: Split) -> NDArray[np.float64]:
    """The soft labels that thresholds are tuned on: labels blended with the teacher's scores.

    A rare label has about a hundred dev texts, too few for a stable threshold. The teacher's scores
    reduce the variance, for its own thresholds and for those of its students.

    Args:
        teacher: its blend weight is the weight of its scores.
        dev: the split that thresholds are tuned on.

    Returns:
        Probability of each label. *Shape:* `(texts, labels)`.
    """
    labels, weight = dev.targets.astype(np.float64), teacher.blend_weight
    if weight == 0:
        return labels
    scores = torch.sigmoid(teacher.logits(dev.texts).double()).numpy()
    blended: NDArray[np.float64] = (1 - weight) * labels + weight * scores
    return blended
