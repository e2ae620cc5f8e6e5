"""The training loop that everything shares: base, quantisation-aware training, distillation.

Every random draw follows from the seed and the epoch, so a run that was cut off goes on from its
last finished epoch as if nothing had happened, and two runs on one machine give the same weights.
"""

import copy
import json
import math
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import safetensors
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional
from tqdm import tqdm

from compression.checkpoint import save_tensors
from compression.dataset import Dataset, Split
from compression.errors import CheckpointError
from compression.inference import Int32, encode_texts, logits_of
from compression.metrics import example_counts, macro, totals, tune_thresholds
from compression.modules import Twin
from compression.progress import say
from compression.settings import TrainingSettings
from edgemood.models import Batch
from edgemood.vocabulary import UNKNOWN, Vocabulary

_METADATA_KEY = "edgemood-training"

Chosen = NDArray[np.int64]
"""Which examples of the training split a batch holds."""
Objective = Callable[[Tensor, Chosen], Tensor]
"""Logits of a batch and which examples they belong to -> the loss."""


def hard_labels(split: Split) -> Objective:
    """Binary cross-entropy against the labels that annotators gave."""
    targets = torch.from_numpy(split.targets.astype(np.float32))

    def loss(logits: Tensor, chosen: Chosen) -> Tensor:
        return functional.binary_cross_entropy_with_logits(logits, targets[chosen])

    return loss


def learning_rate(settings: TrainingSettings, progress: float) -> float:
    """Linear warm-up, then half a cosine down to zero. `progress` runs from 0 to 1."""
    if progress < settings.warmup:
        return settings.learning_rate * progress / settings.warmup
    after = (progress - settings.warmup) / (1 - settings.warmup)
    return settings.learning_rate * 0.5 * (1 + math.cos(math.pi * after))


class Fit:
    """A training, between two epochs of which it can be kept and taken up again."""

    def __init__(self, twin: Twin, settings: TrainingSettings, *, seed: int) -> None:
        """Begin with the twin's weights as they are; the twin is trained in place.

        Args:
            twin: a network, perhaps with quantisers attached.
            settings: how to train.
            seed: of the order of examples and of everything that is dropped.
        """
        self.twin, self.settings, self.seed = twin, settings, seed
        self.dev_f1: list[float] = []
        self.optimizer = torch.optim.AdamW(_groups(twin, settings), lr=0.0)
        self.average = _copy(twin.state_dict())
        self.best = _copy(self.average)

    def run(
        self, data: Dataset, vocabulary: Vocabulary, *, objective: Objective, partial: Path
    ) -> dict[str, Tensor]:
        """Train to the end.

        Args:
            data: gradients come from its train split, the choice of epoch from its dev split.
            vocabulary: of the twin.
            objective: the loss.
            partial: file that keeps the state between epochs, read first where it exists; the
                caller deletes it once the result is safe.

        Returns:
            The averaged weights of the best epoch by dev macro-F1 under tuned thresholds.

        Raises:
            CheckpointError: `partial` is damaged.
        """
        self.resume(partial)
        train_rows, dev_rows = (
            encode_texts(split.texts, vocabulary) for split in (data.train, data.dev)
        )
        while not self.finished:
            self.epoch(train_rows, objective)
            self.judge(dev_rows, data.dev)
            self.save(partial)
        return self.best

    @property
    def finished(self) -> bool:
        """Whether all epochs are done, or the last ones brought no gain on dev."""
        stale = len(self.dev_f1) - 1 - int(np.argmax(self.dev_f1)) if self.dev_f1 else 0
        return len(self.dev_f1) >= self.settings.epochs or stale >= self.settings.patience

    def epoch(self, rows: Sequence[Int32], objective: Objective) -> None:
        """One pass over the training split."""
        number = len(self.dev_f1)
        torch.manual_seed(int(np.random.SeedSequence([self.seed, number]).generate_state(1)[0]))
        self.twin.train()
        steps = math.ceil(len(rows) / self.settings.batch_size)
        title = f"epoch {number + 1}/{self.settings.epochs}"
        batches = shuffled_batches(rows, self.settings, seed=self.seed, epoch=number)
        bar = tqdm(batches, total=steps, desc=title, leave=False, disable=None)
        for step, (chosen, batch) in enumerate(bar):
            progress = (number + step / steps) / self.settings.epochs
            self._set_progress(progress)
            logits = self.twin(torch.from_numpy(batch.ids), torch.from_numpy(batch.lengths))
            self.optimizer.zero_grad()
            torch.autograd.backward(objective(logits, chosen))
            self.optimizer.step()
            self._average(number * steps + step)

    def judge(self, rows: Sequence[Int32], dev: Split) -> None:
        """Measure the averaged weights on dev, and keep them if they are the best so far."""
        judged = copy.deepcopy(self.twin)
        judged.load_state_dict(self.average)
        scores = torch.sigmoid(logits_of(judged, rows)).numpy()
        predicted = scores >= tune_thresholds(scores, dev.targets).astype(np.float32)
        f1 = float(macro(totals(example_counts(predicted, dev.targets))).f1)
        if f1 > max(self.dev_f1, default=-1.0):
            self.best = _copy(self.average)
        self.dev_f1.append(f1)
        say(f"  epoch {len(self.dev_f1)}: dev macro-F1 {f1:.4f}")

    def _set_progress(self, progress: float) -> None:
        rate = learning_rate(self.settings, progress)
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        for quantizer in self.twin.quantizers():
            quantizer.set_progress(progress)

    def _average(self, step: int) -> None:
        # An average that began at full weight would be mostly the random start for 1/(1 - decay)
        # steps, which on small data is the whole training.
        decay = min(self.settings.ema_decay, (1 + step) / (10 + step))
        state = self.twin.state_dict()
        with torch.no_grad():
            for name, mean in self.average.items():
                mean.lerp_(state[name], 1 - decay)

    def save(self, path: Path) -> None:
        """Keep the state of the training."""
        groups = {
            "twin": self.twin.state_dict(),
            "average": self.average,
            "best": self.best,
            **{
                f"optimizer.{i}": moments
                for i, moments in self.optimizer.state_dict()["state"].items()
            },
        }
        tensors = {f"{group}/{name}": t for group, ts in groups.items() for name, t in ts.items()}
        save_tensors(path, _copy(tensors), {_METADATA_KEY: json.dumps(self.dev_f1)})

    def resume(self, path: Path) -> None:
        """Take up a state that `save` kept, where there is one."""
        if not path.exists():
            return
        try:
            self._restore(path)
        except (KeyError, RuntimeError, ValueError, safetensors.SafetensorError) as error:
            raise CheckpointError(
                f"{path}: not an unfinished training: {error}; delete it"
            ) from error
        say(f"  going on after epoch {len(self.dev_f1)}")

    def _restore(self, path: Path) -> None:
        with safetensors.safe_open(path, framework="pt") as file:
            dev_f1 = json.loads((file.metadata() or {})[_METADATA_KEY])
            groups: dict[str, dict[str, Tensor]] = {}
            for full_name in file.keys():  # noqa: SIM118  # a safetensors handle is no mapping
                group, _, name = full_name.partition("/")
                groups.setdefault(group, {})[name] = file.get_tensor(full_name)
        self.twin.load_state_dict(groups.pop("twin"))
        self.average, self.best = groups.pop("average"), groups.pop("best")
        moments = {int(group.partition(".")[2]): tensors for group, tensors in groups.items()}
        state = self.optimizer.state_dict()
        self.optimizer.load_state_dict({**state, "state": moments})
        self.dev_f1 = dev_f1


def shuffled_batches(
    rows: Sequence[Int32], settings: TrainingSettings, *, seed: int, epoch: int
) -> Iterator[tuple[Chosen, Batch]]:
    """Batches with words dropped, the same for the same seed and epoch.

    Yields:
        Which examples they are, and their rows.
    """
    generator = np.random.default_rng([seed, epoch])
    order = generator.permutation(len(rows))
    for first in range(0, len(rows), settings.batch_size):
        chosen = order[first : first + settings.batch_size]
        batch = Batch.from_lists([rows[i] for i in chosen])
        dropped = generator.random(len(batch.ids)) < settings.word_dropout
        yield chosen, batch._replace(ids=np.where(dropped, np.int32(UNKNOWN), batch.ids))


def _groups(twin: Twin, settings: TrainingSettings) -> list[dict[str, Any]]:
    """Weights decay; the scales, centroids and alphas of quantisers do not."""
    own = {id(p) for quantizer in twin.quantizers() for p in quantizer.parameters()}
    weights = [p for p in twin.parameters() if id(p) not in own]
    scales = [p for p in twin.parameters() if id(p) in own]
    return [
        {"params": weights, "weight_decay": settings.weight_decay},
        {"params": scales, "weight_decay": 0.0},
    ]


def _copy(state: dict[str, Tensor]) -> dict[str, Tensor]:
    return {name: tensor.detach().clone() for name, tensor in state.items()}
