"""Co-training: student and teacher train together, then the teacher is frozen.

Murillo & Su, section 11.4. In the first stage both networks train from random weights on the same
batches. Each minimises the loss against the labels and the divergence from the current scores of
the other, until the teacher's dev macro-F1 stops improving. The second stage distils the frozen
teacher into the student, which continues from its weights of the first stage; see
`compression.training.distillation`.
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
from compression.training.resume import load_state, save_state
from compression.training.supervision import Indices, hard_label_loss
from compression.training.trainer import Trainer


class Pair(NamedTuple):
    """Student and teacher after co-training."""

    student: Checkpoint
    teacher: Checkpoint


class _Trainers(NamedTuple):
    student: Trainer
    teacher: Trainer


def co_train(
    student: Checkpoint,
    teacher: Checkpoint,
    data: Dataset,
    settings: DistillationSettings,
    *,
    state_file: Path,
) -> Pair:
    """Train two untrained networks together until the teacher stops improving.

    Args:
        student: before training. In this stage it uses the teacher's number of epochs and batch
            size, and its own learning rate.
        teacher: before training.
        data: the train split gives gradients, the dev split selects epochs.
        settings: the weight of each loss, and the temperature.
        state_file: stores the state between epochs; if it exists, training resumes from it. The
            caller deletes it once the result is saved.

    Returns:
        Both, each with the averaged weights of its best epoch.

    Raises:
        CheckpointError: `state_file` is damaged.
    """
    trainers = _trainers(student, teacher)
    train_rows = [encode_texts(data.train.texts, c.vocabulary) for c in (student, teacher)]
    dev_rows = [encode_texts(data.dev.texts, c.vocabulary) for c in (student, teacher)]
    if load_state(state_file, trainers._asdict()):
        trainers.teacher.log_resumption()
    while not trainers.teacher.finished:
        _train_epoch(trainers, train_rows, data.train, settings)
        for trainer, rows in zip(trainers, dev_rows, strict=True):
            trainer.evaluate(rows, data.dev)
        save_state(state_file, trainers._asdict())
    return Pair(student.trained(trainers.student.best), teacher.trained(trainers.teacher.best))


def _trainers(student: Checkpoint, teacher: Checkpoint) -> _Trainers:
    """With one seed and batch size for both, so that both draw the same batches."""
    lead = teacher.settings.training
    shared = {"epochs": lead.epochs, "batch_size": lead.batch_size}
    followed = student.settings.training.model_copy(update=shared)
    seed = student.settings.seed
    return _Trainers(
        Trainer(student.module(), followed, seed=seed, name="student"),
        Trainer(teacher.module(), lead, seed=seed, name="teacher"),
    )


def _train_epoch(
    trainers: _Trainers,
    rows: Sequence[list[Int32]],
    split: Split,
    settings: DistillationSettings,
) -> None:
    feedback = (settings.co_training or CoTrainingSettings()).feedback
    labels = hard_label_loss(split)

    def loss(own: Tensor, other: Tensor, indices: Indices, weight: float) -> Tensor:
        divergence = bernoulli_divergence(other.detach(), own, temperature=settings.temperature)
        return (1 - weight) * labels(own, indices) + weight * divergence

    student, teacher = trainers
    steps = zip(student.batches(rows[0]), teacher.batches(rows[1], bar=False), strict=True)
    for (indices, batch), (_, teacher_batch) in steps:
        of_student, of_teacher = student.logits(batch), teacher.logits(teacher_batch)
        student.optimizer_step(loss(of_student, of_teacher, indices, settings.weight))
        teacher.optimizer_step(loss(of_teacher, of_student, indices, feedback))
