"""Student and teacher learn together, then the teacher is frozen (Murillo & Su, section 11.4).

In the first step both train from their random weights on the same batches, each on the labels and
on the divergence from what the other says at that moment, until the teacher's dev macro-F1 no
longer rises. The student, which found its feet meanwhile, then goes on with the teacher frozen;
that second step is a distillation like any other.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from torch import Tensor

from compression.checkpoints.checkpoint import Checkpoint
from compression.data.dataset import Dataset, Split
from compression.settings import CoTrainingSettings, DistillationSettings
from compression.training.distillation import bernoulli_divergence
from compression.training.inference import Int32, encode_texts
from compression.training.trainer import Chosen, Fit, hard_labels, keep, take_up


class Pair(NamedTuple):
    """The outcome of training together."""

    student: Checkpoint
    teacher: Checkpoint


def co_train(
    student: Checkpoint,
    teacher: Checkpoint,
    data: Dataset,
    settings: DistillationSettings,
    *,
    partial: Path,
) -> Pair:
    """Train two fresh networks together until the teacher saturates.

    Args:
        student: before training. It takes the teacher's epochs and batches for this step, and its
            own learning rate.
        teacher: before training.
        data: gradients come from its train split, the choice of epochs from its dev split.
        settings: how much of each loss the other network is, and at which temperature.
        partial: file that keeps the state between epochs; the caller deletes it once the result is
            safe.

    Returns:
        Both, each with the averaged weights of its best epoch.

    Raises:
        CheckpointError: `partial` is damaged.
    """
    lead = teacher.settings.training
    own = {"epochs": lead.epochs, "batch_size": lead.batch_size}
    followed = student.settings.training.model_copy(update=own)
    seed = student.settings.seed
    pupil = Fit(student.module(), followed, seed=seed, name="student")
    master = Fit(teacher.module(), lead, seed=seed, name="teacher")
    both = {"student": pupil, "teacher": master}
    texts, dev = data.train.texts, data.dev
    rows = [encode_texts(texts, who.vocabulary) for who in (student, teacher)]
    dev_rows = [encode_texts(dev.texts, who.vocabulary) for who in (student, teacher)]
    take_up(partial, both)
    while not master.finished:
        _epoch(pupil, master, rows, data.train, settings)
        for fit, encoded in zip((pupil, master), dev_rows, strict=True):
            fit.judge(encoded, dev)
        keep(partial, both)
    return Pair(student.trained(pupil.best), teacher.trained(master.best))


def _epoch(
    pupil: Fit,
    master: Fit,
    rows: Sequence[list[Int32]],
    split: Split,
    settings: DistillationSettings,
) -> None:
    feedback = (settings.co_training or CoTrainingSettings()).feedback
    labels = hard_labels(split)

    def loss(own: Tensor, other: Tensor, chosen: Chosen, weight: float) -> Tensor:
        divergence = bernoulli_divergence(other.detach(), own, temperature=settings.temperature)
        return (1 - weight) * labels(own, chosen) + weight * divergence

    # One seed, one order of examples: both see the same texts at the same time.
    steps = zip(pupil.steps(rows[0]), master.steps(rows[1], bar=False), strict=True)
    for (chosen, batch), (_, same_texts) in steps:
        said, taught = pupil.logits(batch), master.logits(same_texts)
        pupil.descend(loss(said, taught, chosen, settings.weight))
        master.descend(loss(taught, said, chosen, feedback))
