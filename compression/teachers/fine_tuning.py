"""Fine-tuning of a transformer on the train splits of its label heads."""

import math
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional
from tqdm import tqdm

from compression.metrics.thresholds import best_macro_f1
from compression.progress import log
from compression.seeds import seed_torch
from compression.settings import TransformerSettings
from compression.teachers.label_heads import LabelHeads
from compression.teachers.transformer import Transformer
from compression.training.resume import (
    TrainingState,
    load_state,
    optimizer_groups,
    restore_optimizer,
    save_state,
)
from compression.training.schedules import linear_decay

SAVE_EVERY = 200
"""Steps between two saved states of an unfinished fine-tuning."""
GRADIENT_NORM = 1.0


class FineTuning:
    """AdamW with linear warm-up and decay, on batches of texts of similar length.

    Every random draw follows from the seed and the step, so an interrupted fine-tuning resumes from
    its last saved state with the same result.
    """

    def __init__(
        self,
        network: Transformer,
        settings: TransformerSettings,
        heads: LabelHeads,
        state_file: Path,
    ) -> None:
        """Prepare; the network is trained in place.

        Args:
            network: with its initial weights.
            settings: the hyperparameters.
            heads: their train splits give gradients; their dev macro-F1 is logged only.
            state_file: stores the state during training; if it exists, training resumes from it.
        """
        self._network, self._settings, self._heads = network, settings, heads
        self._state_file = state_file
        train = heads.training_texts()
        self._texts = train.texts
        self._targets, self._known = torch.from_numpy(train.targets), torch.from_numpy(train.known)
        self._steps = settings.epochs * math.ceil(len(train.texts) / settings.batch_size)
        groups = _parameter_groups(network, settings.weight_decay)
        self._optimizer = torch.optim.AdamW(groups, lr=0.0)
        self._done = 0

    def run(self) -> None:
        """Train to the end.

        Raises:
            CheckpointError: the saved state is damaged.
        """
        own = {"fine-tuning": self}
        if load_state(self._state_file, own):
            log(f"  resuming after step {self._done} of {self._steps}")
        batches = [batch for epoch in range(self._settings.epochs) for batch in self._epoch(epoch)]
        bar = tqdm(total=self._steps, initial=self._done, desc="fine-tuning", disable=None)
        for batch in batches[self._done :]:
            self._step(batch)
            bar.update()
            self._log_epoch()
            if self._done % SAVE_EVERY == 0:
                save_state(self._state_file, own)
        bar.close()

    def state(self) -> TrainingState:
        """See `compression.training.resume`."""
        tensors: dict[str, Mapping[str, Tensor]] = {"network": self._network.state_dict()}
        return TrainingState({**tensors, **optimizer_groups(self._optimizer)}, self._done)

    def restore(self, state: TrainingState) -> None:
        """See `compression.training.resume`."""
        self._network.load_state_dict(state.tensors["network"])
        restore_optimizer(self._optimizer, state.tensors)
        if not isinstance(state.progress, int):
            raise TypeError("progress is not a number of steps")
        self._done = state.progress

    def _step(self, batch: Sequence[int]) -> None:
        seed_torch(self._settings.seed, self._done)
        self._network.train()
        self._set_learning_rate()
        loss = self._loss(self._network([self._texts[i] for i in batch]), list(batch))
        self._optimizer.zero_grad()
        torch.autograd.backward(loss)
        nn.utils.clip_grad_norm_(self._network.parameters(), GRADIENT_NORM)
        self._optimizer.step()
        self._done += 1

    def _loss(self, logits: Tensor, batch: list[int]) -> Tensor:
        """The sum over the heads; each text weighs the same for the heads that know it."""
        targets, known = self._targets[batch], self._known[batch]
        losses = [
            functional.binary_cross_entropy_with_logits(
                logits[rows, columns], targets[rows, columns], reduction="sum"
            )
            / (len(batch) * (columns.stop - columns.start))
            for rows, columns in zip(known.unbind(1), self._heads.columns.values(), strict=True)
        ]
        return torch.stack(losses).sum()

    def _set_learning_rate(self) -> None:
        peak, progress = self._settings.learning_rate, self._done / self._steps
        rate = linear_decay(peak, progress, warmup=self._settings.warmup)
        for group in self._optimizer.param_groups:
            group["lr"] = rate

    def _log_epoch(self) -> None:
        """Print dev macro-F1 if an epoch has just ended."""
        epoch, rest = divmod(self._done, self._steps // self._settings.epochs)
        for name, dev in self._heads.dev_splits().items() if rest == 0 else ():
            logits = self._network.logits(dev.texts)[:, self._heads.columns[name]]
            macro_f1 = best_macro_f1(torch.sigmoid(logits).numpy(), dev.targets)
            log(f"  epoch {epoch}: {name}: dev macro-F1 {macro_f1:.4f}")

    def _epoch(self, epoch: int) -> Iterator[list[int]]:
        """Batches of texts of similar length, in random order."""
        generator = np.random.default_rng([self._settings.seed, epoch])
        size = self._settings.batch_size
        lengths = np.array([len(text) for text in self._texts])
        # Noise on the lengths puts other texts together in every epoch.
        order = np.argsort(lengths * generator.uniform(0.8, 1.2, size=len(lengths)), kind="stable")
        batches = [order[i : i + size].tolist() for i in range(0, len(order), size)]
        for i in generator.permutation(len(batches)):
            yield batches[i]


def _parameter_groups(network: nn.Module, weight_decay: float) -> list[dict[str, Any]]:
    """Matrices decay; biases and the weights of layer norms do not."""
    parameters = [p for p in network.parameters() if p.requires_grad]
    return [
        {"params": [p for p in parameters if p.ndim > 1], "weight_decay": weight_decay},
        {"params": [p for p in parameters if p.ndim < 2], "weight_decay": 0.0},
    ]
