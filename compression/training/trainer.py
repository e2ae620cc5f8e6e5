"""The training loop that everything shares: base, quantisation-aware training, distillation.

Every random draw follows from the seed and the epoch, so a run that was cut off goes on from its
last finished epoch as if nothing had happened, and two runs on one machine give the same weights.
"""

import copy
import json
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import safetensors
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional
from tqdm import tqdm

from compression.data.dataset import Split
from compression.errors import CheckpointError
from compression.metrics.thresholds import best_macro_f1
from compression.networks import Twin
from compression.progress import say
from compression.settings import TrainingSettings
from compression.tensors import save_tensors
from compression.training.inference import Int32, encode_texts, logits_of
from edgemood.models import Batch
from edgemood.text.vocabulary import UNKNOWN, Vocabulary

_METADATA_KEY = "edgemood-training"

Chosen = NDArray[np.int64]
"""Which examples of the training split a batch holds."""
Objective = Callable[[Tensor, Chosen], Tensor]
"""Logits of a batch and which examples they belong to -> the loss."""


class Supervision(NamedTuple):
    """What gradients come from: texts, and a loss that knows them by their positions."""

    texts: Sequence[str]
    objective: Objective


def supervision(split: Split) -> Supervision:
    """Texts with the labels that annotators gave."""
    return Supervision(split.texts, hard_labels(split))


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

    def __init__(
        self, twin: Twin, settings: TrainingSettings, *, seed: int, name: str = ""
    ) -> None:
        """Begin with the twin's weights as they are; the twin is trained in place.

        Args:
            twin: a network, perhaps with quantisers attached.
            settings: how to train.
            seed: of the order of examples and of everything that is dropped.
            name: stands before each epoch's figures.
        """
        self.name = f"{name} " if name else ""
        self.twin, self.settings, self.seed = twin, settings, seed
        self.dev_f1: list[float] = []
        self.optimizer = torch.optim.AdamW(_groups(twin, settings), lr=0.0)
        self.average = _copy(twin.state_dict())
        self.best = _copy(self.average)

    def run(
        self, supervision: Supervision, dev: Split, vocabulary: Vocabulary, *, partial: Path
    ) -> dict[str, Tensor]:
        """Train to the end.

        Args:
            supervision: where gradients come from.
            dev: chooses the epoch.
            vocabulary: of the twin.
            partial: file that keeps the state between epochs, read first where it exists; the
                caller deletes it once the result is safe.

        Returns:
            The averaged weights of the best epoch by dev macro-F1 under tuned thresholds.

        Raises:
            CheckpointError: `partial` is damaged.
        """
        own = {"fit": self}
        take_up(partial, own)
        train_rows = encode_texts(supervision.texts, vocabulary)
        dev_rows = encode_texts(dev.texts, vocabulary)
        while not self.finished:
            self.epoch(train_rows, supervision.objective)
            self.judge(dev_rows, dev)
            keep(partial, own)
        return self.best

    @property
    def finished(self) -> bool:
        """Whether all epochs are done, or the last ones brought no gain on dev."""
        stale = len(self.dev_f1) - 1 - int(np.argmax(self.dev_f1)) if self.dev_f1 else 0
        return len(self.dev_f1) >= self.settings.epochs or stale >= self.settings.patience

    def epoch(self, rows: Sequence[Int32], objective: Objective) -> None:
        """One pass over the training split."""
        for chosen, batch in self.steps(rows):
            self.descend(objective(self.logits(batch), chosen))

    def steps(self, rows: Sequence[Int32], *, bar: bool = True) -> Iterator[tuple[Chosen, Batch]]:
        """The batches of the next epoch, for each of which the caller calls `descend` once.

        Rates and schedules are set before a batch is given out; the average follows after it.
        """
        number = len(self.dev_f1)
        torch.manual_seed(int(np.random.SeedSequence([self.seed, number]).generate_state(1)[0]))
        self.twin.train()
        steps = math.ceil(len(rows) / self.settings.batch_size)
        title = f"epoch {number + 1}/{self.settings.epochs}"
        batches = shuffled_batches(rows, self.settings, seed=self.seed, epoch=number)
        shown = tqdm(batches, total=steps, desc=title, leave=False, disable=None if bar else True)
        for step, (chosen, batch) in enumerate(shown):
            self._set_progress((number + step / steps) / self.settings.epochs)
            yield chosen, batch
            self._average(number * steps + step)

    def logits(self, batch: Batch) -> Tensor:
        """What the twin says of a batch. *Shape:* `(texts, labels)`."""
        logits: Tensor = self.twin(torch.from_numpy(batch.ids), torch.from_numpy(batch.lengths))
        return logits

    def descend(self, loss: Tensor) -> None:
        """One step of the optimiser."""
        self.optimizer.zero_grad()
        torch.autograd.backward(loss)
        if self.settings.gradient_norm is not None:
            nn.utils.clip_grad_norm_(self.twin.parameters(), self.settings.gradient_norm)
        self.optimizer.step()

    def judge(self, rows: Sequence[Int32], dev: Split) -> None:
        """Measure the averaged weights on dev, and keep them if they are the best so far."""
        judged = copy.deepcopy(self.twin)
        judged.load_state_dict(self.average)
        scores = torch.sigmoid(logits_of(judged, rows)).numpy()
        f1 = best_macro_f1(scores, dev.targets)
        if f1 > max(self.dev_f1, default=-1.0):
            self.best = _copy(self.average)
        self.dev_f1.append(f1)
        say(f"  {self.name}epoch {len(self.dev_f1)}: dev macro-F1 {f1:.4f}")

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

    def state(self) -> dict[str, Tensor]:
        """Every tensor that the rest of the training depends on."""
        groups = {
            "twin": self.twin.state_dict(),
            "average": self.average,
            "best": self.best,
            **{
                f"optimizer.{i}": moments
                for i, moments in self.optimizer.state_dict()["state"].items()
            },
        }
        return {f"{group}/{name}": t for group, ts in groups.items() for name, t in ts.items()}

    def restore(self, state: Mapping[str, Tensor], dev_f1: list[float]) -> None:
        """Take up what `state` gave."""
        groups: dict[str, dict[str, Tensor]] = {}
        for full_name, tensor in state.items():
            group, _, name = full_name.partition("/")
            groups.setdefault(group, {})[name] = tensor
        self.twin.load_state_dict(groups.pop("twin"))
        self.average, self.best = groups.pop("average"), groups.pop("best")
        moments = {int(group.partition(".")[2]): tensors for group, tensors in groups.items()}
        self.optimizer.load_state_dict({**self.optimizer.state_dict(), "state": moments})
        self.dev_f1 = dev_f1


def keep(path: Path, fits: Mapping[str, Fit]) -> None:
    """Write the state of trainings that go hand in hand, in one file, whole or not at all."""
    tensors = {f"{who}:{name}": t for who, fit in fits.items() for name, t in fit.state().items()}
    dev_f1 = {who: fit.dev_f1 for who, fit in fits.items()}
    save_tensors(path, _copy(tensors), {_METADATA_KEY: json.dumps(dev_f1)})


def take_up(path: Path, fits: Mapping[str, Fit]) -> None:
    """Go on from a state that `keep` wrote, where there is one.

    Raises:
        CheckpointError: it is something else.
    """
    if not path.exists():
        return
    try:
        with safetensors.safe_open(path, framework="pt") as file:
            dev_f1 = json.loads((file.metadata() or {})[_METADATA_KEY])
            states: dict[str, dict[str, Tensor]] = {who: {} for who in dev_f1}
            for full_name in file.keys():  # noqa: SIM118  # a safetensors handle is no mapping
                who, _, name = full_name.partition(":")
                states[who][name] = file.get_tensor(full_name)
        for who, fit in fits.items():
            fit.restore(states[who], dev_f1[who])
    except (
        AttributeError,
        KeyError,
        RuntimeError,
        TypeError,
        ValueError,
        safetensors.SafetensorError,
    ) as error:
        raise CheckpointError(f"{path}: not an unfinished training: {error}; delete it") from error
    say(f"  going on after epoch {min(len(fit.dev_f1) for fit in fits.values())}")


def shuffled_batches(
    rows: Sequence[Int32], settings: TrainingSettings, *, seed: int, epoch: int
) -> Iterator[tuple[Chosen, Batch]]:
    """Batches with words dropped, the same for the same seed and epoch.

    Yields:
        Which examples they are, and their rows.
    """
    generator = np.random.default_rng([seed, epoch])
    for chosen in _shuffled(rows, settings, generator):
        batch = Batch.from_lists([rows[i] for i in chosen])
        dropped = generator.random(len(batch.ids)) < settings.word_dropout
        yield chosen, batch._replace(ids=np.where(dropped, np.int32(UNKNOWN), batch.ids))


def _shuffled(
    rows: Sequence[Int32], settings: TrainingSettings, generator: np.random.Generator
) -> list[Chosen]:
    """Which examples each batch of an epoch holds."""
    size = settings.batch_size
    order = generator.permutation(len(rows))
    if settings.pool is None:
        return [order[first : first + size] for first in range(0, len(rows), size)]
    # A batch takes as many steps as its longest text has words.
    lengths = np.array([len(ids) for ids in rows])
    batches: list[Chosen] = []
    for first in range(0, len(rows), settings.pool * size):
        pool = order[first : first + settings.pool * size]
        pool = pool[np.argsort(lengths[pool], kind="stable")]
        batches += [pool[i : i + size] for i in range(0, len(pool), size)]
    return [batches[i] for i in generator.permutation(len(batches))]


def _groups(twin: Twin, settings: TrainingSettings) -> list[dict[str, Any]]:
    """Weights and their factors decay; the scales, centroids and alphas of quantisers do not."""
    own = {id(p) for q in twin.quantizers() if not q.holds_weights for p in q.parameters()}
    trained = [p for p in twin.parameters() if p.requires_grad]
    weights = [p for p in trained if id(p) not in own]
    scales = [p for p in trained if id(p) in own]
    return [
        {"params": weights, "weight_decay": settings.weight_decay},
        {"params": scales, "weight_decay": 0.0},
    ]


def _copy(state: dict[str, Tensor]) -> dict[str, Tensor]:
    return {name: tensor.detach().clone() for name, tensor in state.items()}
