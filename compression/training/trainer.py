"""The training loop of base training, distillation, co-training and fine-tuning under quantization.

Every random draw follows from the seed and the epoch. An interrupted training therefore resumes
after its last finished epoch with the same result, and two runs on one machine give the same
weights.
"""

import copy
import math
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, cast

import numpy as np
import torch
from torch import Tensor, nn
from tqdm import tqdm

from compression.data.dataset import Split
from compression.metrics.thresholds import best_macro_f1
from compression.networks import TrainableModel
from compression.progress import log
from compression.seeds import seed_torch
from compression.settings import TrainingSettings
from compression.training.batches import shuffled_batches
from compression.training.inference import Int32, encode_texts, logits_of
from compression.training.resume import (
    TrainingState,
    load_state,
    optimizer_groups,
    restore_optimizer,
    save_state,
)
from compression.training.schedules import cosine_decay
from compression.training.supervision import Indices, Objective, Supervision
from edgemood.models import Batch
from edgemood.text.vocabulary import Vocabulary


class Trainer:
    """Trains one network, epoch by epoch, with early stopping and averaged weights."""

    def __init__(
        self, network: TrainableModel, settings: TrainingSettings, *, seed: int, name: str = ""
    ) -> None:
        """Start from the network's weights; the network is trained in place.

        Args:
            network: with or without quantizers attached.
            settings: the hyperparameters.
            seed: of the order of texts, word dropout and dropout.
            name: printed in front of each epoch's measurements.
        """
        self.name = f"{name} " if name else ""
        self.network, self.settings, self.seed = network, settings, seed
        self.dev_f1: list[float] = []
        self.optimizer = torch.optim.AdamW(_parameter_groups(network, settings), lr=0.0)
        self.average = _copy(network.state_dict())
        self.best = _copy(self.average)

    def run(
        self, supervision: Supervision, dev: Split, vocabulary: Vocabulary, *, state_file: Path
    ) -> dict[str, Tensor]:
        """Train to the end.

        Args:
            supervision: the source of gradients.
            dev: for early stopping.
            vocabulary: of the network.
            state_file: stores the state between epochs; if it exists, training resumes from it. The
                caller deletes it once the result is saved.

        Returns:
            The averaged weights of the epoch with the best dev macro-F1 under tuned thresholds.

        Raises:
            CheckpointError: `state_file` is damaged.
        """
        own = {"trainer": self}
        if load_state(state_file, own):
            self.log_resumption()
        train_rows = encode_texts(supervision.texts, vocabulary)
        dev_rows = encode_texts(dev.texts, vocabulary)
        while not self.finished:
            self.train_epoch(train_rows, supervision.objective)
            self.evaluate(dev_rows, dev)
            save_state(state_file, own)
        return self.best

    @property
    def finished(self) -> bool:
        """Whether all epochs are done, or dev macro-F1 has not improved for `patience` epochs."""
        stale = len(self.dev_f1) - 1 - int(np.argmax(self.dev_f1)) if self.dev_f1 else 0
        return len(self.dev_f1) >= self.settings.epochs or stale >= self.settings.patience

    def train_epoch(self, rows: Sequence[Int32], objective: Objective) -> None:
        """Train on every encoded text once."""
        for indices, batch in self.batches(rows):
            self.optimizer_step(objective(self.logits(batch), indices))

    def batches(
        self, rows: Sequence[Int32], *, bar: bool = True
    ) -> Iterator[tuple[Indices, Batch]]:
        """The batches of the next epoch; the caller calls `optimizer_step` once for each.

        The learning rate and the quantizers' schedules are set before a batch is yielded; the
        averaged weights are updated after it.
        """
        epoch = len(self.dev_f1)
        seed_torch(self.seed, epoch)
        self.network.train()
        steps = math.ceil(len(rows) / self.settings.batch_size)
        title = f"epoch {epoch + 1}/{self.settings.epochs}"
        batches = shuffled_batches(rows, self.settings, seed=self.seed, epoch=epoch)
        shown = tqdm(batches, total=steps, desc=title, leave=False, disable=None if bar else True)
        for step, (indices, batch) in enumerate(shown):
            self._set_progress((epoch + step / steps) / self.settings.epochs)
            yield indices, batch
            self._update_average(epoch * steps + step)

    def logits(self, batch: Batch) -> Tensor:
        """The network's logits of a batch. *Shape:* `(texts, labels)`."""
        logits: Tensor = self.network(torch.from_numpy(batch.ids), torch.from_numpy(batch.lengths))
        return logits

    def optimizer_step(self, loss: Tensor) -> None:
        """Back-propagate and update the network's weights once."""
        self.optimizer.zero_grad()
        torch.autograd.backward(loss)
        if self.settings.gradient_norm is not None:
            nn.utils.clip_grad_norm_(self.network.parameters(), self.settings.gradient_norm)
        self.optimizer.step()

    def evaluate(self, rows: Sequence[Int32], dev: Split) -> None:
        """Measure dev macro-F1 of the averaged weights, and copy them if it is the best so far."""
        averaged = copy.deepcopy(self.network)
        averaged.load_state_dict(self.average)
        scores = torch.sigmoid(logits_of(averaged, rows)).numpy()
        f1 = best_macro_f1(scores, dev.targets)
        if f1 > max(self.dev_f1, default=-1.0):
            self.best = _copy(self.average)
        self.dev_f1.append(f1)
        log(f"  {self.name}epoch {len(self.dev_f1)}: dev macro-F1 {f1:.4f}")

    def state(self) -> TrainingState:
        """See `compression.training.resume`."""
        tensors = {"network": self.network.state_dict(), "average": self.average, "best": self.best}
        return TrainingState({**tensors, **optimizer_groups(self.optimizer)}, list(self.dev_f1))

    def restore(self, state: TrainingState) -> None:
        """See `compression.training.resume`."""
        self.network.load_state_dict(state.tensors["network"])
        self.average, self.best = dict(state.tensors["average"]), dict(state.tensors["best"])
        restore_optimizer(self.optimizer, state.tensors)
        self.dev_f1 = cast("list[float]", state.progress)

    def log_resumption(self) -> None:
        """Print the epoch after which an interrupted training resumes."""
        log(f"  resuming after epoch {len(self.dev_f1)}")

    def _set_progress(self, progress: float) -> None:
        rate = cosine_decay(self.settings.learning_rate, progress, warmup=self.settings.warmup)
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        for quantizer in self.network.quantizers():
            quantizer.set_progress(progress)

    def _update_average(self, step: int) -> None:
        # With the full decay from the first step, the random start would dominate the average for
        # 1 / (1 - decay) steps, which on small data is the whole training.
        decay = min(self.settings.ema_decay, (1 + step) / (10 + step))
        state = self.network.state_dict()
        with torch.no_grad():
            for name, mean in self.average.items():
                mean.lerp_(state[name], 1 - decay)


def _parameter_groups(network: TrainableModel, settings: TrainingSettings) -> list[dict[str, Any]]:
    """Weights and their factors decay; scales, centroids and alphas of quantizers do not."""
    own = {id(p) for q in network.quantizers() if not q.holds_weights for p in q.parameters()}
    trained = [p for p in network.parameters() if p.requires_grad]
    weights = [p for p in trained if id(p) not in own]
    scales = [p for p in trained if id(p) in own]
    return [
        {"params": weights, "weight_decay": settings.weight_decay},
        {"params": scales, "weight_decay": 0.0},
    ]


def _copy(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    return {name: tensor.detach().clone() for name, tensor in state.items()}
