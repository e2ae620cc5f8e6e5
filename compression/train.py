"""Trains a base classifier on hard labels: binary cross-entropy, dropout, early stop on dev.

Every random draw follows from the seed and the epoch, so a run that was cut off goes on from its
last finished epoch as if nothing had happened, and two runs on one machine give the same weights.
"""

import copy
import json
import math
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import safetensors
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from tqdm import tqdm

from compression.checkpoint import Checkpoint, save_tensors
from compression.dataset import Dataset, Split
from compression.errors import CheckpointError
from compression.inference import encode_texts, logits_of
from compression.metrics import example_counts, macro, totals, tune_thresholds
from compression.modules import Twin
from compression.progress import say
from compression.settings import BaseSettings, TrainingSettings
from edgemood.models import Batch
from edgemood.tokenizer import tokenize
from edgemood.vocabulary import UNKNOWN, PlainVocabulary

_METADATA_KEY = "edgemood-training"


def train(settings: BaseSettings, data: Dataset, *, partial: Path) -> Checkpoint:
    """Train, or finish a training that was cut off.

    Args:
        settings: the base's table of the recipe.
        data: gradients come from its train split, the choice of epoch from its dev split.
        partial: file that keeps the state between epochs; the caller deletes it once the result is
            safe.

    Returns:
        The averaged weights of the best epoch by dev macro-F1 under tuned thresholds.

    Raises:
        CheckpointError: `partial` is damaged.
    """
    words = choose_words(data.train, settings)
    vocabulary = PlainVocabulary(words)
    torch.manual_seed(settings.seed)
    module = settings.model.build(rows=len(vocabulary), labels=len(data.labels))
    run = _Run(module, settings)
    run.resume(partial)
    train_rows, dev_rows = (
        encode_texts(split.texts, vocabulary) for split in (data.train, data.dev)
    )
    targets = torch.from_numpy(data.train.targets.astype(np.float32))
    while not run.finished:
        run.epoch(train_rows, targets)
        run.judge(dev_rows, data.dev)
        run.save(partial)
    return Checkpoint(settings, settings.key(data), data.labels, words, run.best)


def choose_words(split: Split, settings: BaseSettings) -> tuple[str, ...]:
    """The most frequent words, most frequent first; ties in order of code points."""
    counts = Counter(
        token
        for text in split.texts
        for token in tokenize(text)
        if not "\ud800" <= token <= "\udfff"  # a lone surrogate cannot be written
    )
    frequent = [word for word, n in counts.items() if n >= settings.vocabulary.min_count]
    frequent.sort(key=lambda word: (-counts[word], word))
    return tuple(frequent[: settings.vocabulary.max_words])


def learning_rate(settings: TrainingSettings, progress: float) -> float:
    """Linear warm-up, then half a cosine down to zero. `progress` runs from 0 to 1."""
    if progress < settings.warmup:
        return settings.learning_rate * progress / settings.warmup
    after = (progress - settings.warmup) / (1 - settings.warmup)
    return settings.learning_rate * 0.5 * (1 + math.cos(math.pi * after))


@dataclass
class _Run:
    """A training between two epochs."""

    module: Twin
    settings: BaseSettings
    dev_f1: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        training = self.settings.training
        self.optimizer = torch.optim.AdamW(
            self.module.parameters(), lr=0.0, weight_decay=training.weight_decay
        )
        self.average = _copy(self.module.state_dict())
        self.best = _copy(self.average)

    @property
    def finished(self) -> bool:
        training = self.settings.training
        stale = len(self.dev_f1) - 1 - int(np.argmax(self.dev_f1)) if self.dev_f1 else 0
        return len(self.dev_f1) >= training.epochs or stale >= training.patience

    def epoch(self, rows: list[NDArray[np.int32]], targets: Tensor) -> None:
        training, number = self.settings.training, len(self.dev_f1)
        torch.manual_seed(
            int(np.random.SeedSequence([self.settings.seed, number]).generate_state(1)[0])
        )
        steps = math.ceil(len(rows) / training.batch_size)
        self.module.train()
        loss_of = nn.BCEWithLogitsLoss()
        batches = _batches(rows, self.settings, number)
        bar = tqdm(
            batches,
            total=steps,
            desc=f"epoch {number + 1}/{training.epochs}",
            leave=False,
            disable=None,
        )
        for step, (chosen, batch) in enumerate(bar):
            progress = (number + step / steps) / training.epochs
            self.optimizer.param_groups[0]["lr"] = learning_rate(training, progress)
            logits = self.module(torch.from_numpy(batch.ids), torch.from_numpy(batch.lengths))
            loss = loss_of(logits, targets[chosen])
            self.optimizer.zero_grad()
            loss.backward()
            self.optimizer.step()
            self._average(number * steps + step)

    def judge(self, rows: list[NDArray[np.int32]], dev: Split) -> None:
        judged = copy.deepcopy(self.module)
        judged.load_state_dict(self.average)
        scores = torch.sigmoid(logits_of(judged, rows)).numpy()
        predicted = scores >= tune_thresholds(scores, dev.targets).astype(np.float32)
        f1 = float(macro(totals(example_counts(predicted, dev.targets))).f1)
        if f1 > max(self.dev_f1, default=-1.0):
            self.best = _copy(self.average)
        self.dev_f1.append(f1)
        say(f"  epoch {len(self.dev_f1)}: dev macro-F1 {f1:.4f}")

    def _average(self, step: int) -> None:
        # An average that began at full weight would be mostly the random start for 1/(1 - decay)
        # steps, which on small data is the whole training.
        decay = min(self.settings.training.ema_decay, (1 + step) / (10 + step))
        state = self.module.state_dict()
        with torch.no_grad():
            for name, mean in self.average.items():
                mean.lerp_(state[name], 1 - decay)

    def save(self, path: Path) -> None:
        groups = {
            "module": self.module.state_dict(),
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
        self.module.load_state_dict(groups.pop("module"))
        self.average, self.best = groups.pop("average"), groups.pop("best")
        moments = {int(group.partition(".")[2]): tensors for group, tensors in groups.items()}
        state = self.optimizer.state_dict()
        self.optimizer.load_state_dict({**state, "state": moments})
        self.dev_f1 = dev_f1


def _batches(
    rows: list[NDArray[np.int32]], settings: BaseSettings, epoch: int
) -> Iterator[tuple[NDArray[np.int64], Batch]]:
    """Shuffled batches with words dropped, the same for the same seed and epoch."""
    generator = np.random.default_rng([settings.seed, epoch])
    order = generator.permutation(len(rows))
    for first in range(0, len(rows), settings.training.batch_size):
        chosen = order[first : first + settings.training.batch_size]
        batch = Batch.from_lists([rows[i] for i in chosen])
        dropped = generator.random(len(batch.ids)) < settings.training.word_dropout
        yield chosen, batch._replace(ids=np.where(dropped, np.int32(UNKNOWN), batch.ids))


def _copy(state: dict[str, Tensor]) -> dict[str, Tensor]:
    return {name: tensor.detach().clone() for name, tensor in state.items()}
