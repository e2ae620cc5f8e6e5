"""Label heads: one linear layer of a teacher for each dataset that it is fine-tuned on.

Datasets disagree about labels even if the labels share their names: subtitles were annotated by
other people and rules than comments. A head for each leaves the disagreement to the heads, while
all of them share the encoder. The same texts may come with several sets of labels.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from compression.data.dataset import Dataset, Split
from compression.teachers.output_cache import LOGITS

MAIN_HEAD = "data"
"""The head of `[data]`, beside those of the sources."""


def mixed(logits_of: Callable[[str], Tensor], mix: Mapping[str, float] | None) -> Tensor:
    """The weighted mean of the logits of several heads.

    Args:
        logits_of: logits of a head. *Shape:* `(texts, labels)`.
        mix: weights of heads of sources; the main head has the rest.
    """
    mix = mix or {}
    weights = {MAIN_HEAD: 1 - sum(mix.values()), **mix}
    parts = [weight * logits_of(head) for head, weight in weights.items() if weight]
    return torch.stack(parts).sum(dim=0)


@dataclass(frozen=True)
class FineTuningTexts:
    """The train splits of all heads, each text of a split once."""

    texts: tuple[str, ...]
    targets: NDArray[np.float32]
    """0 for labels of heads that do not know the text. *Shape:* `(texts, outputs)`."""
    known: NDArray[np.bool_]
    """Whether a text has the labels of a head. *Shape:* `(texts, heads)`."""


class LabelHeads:
    """The heads of a teacher, in an order that does not depend on which dataset is the main one.

    Args:
        datasets: by name; the name is for messages only.
    """

    def __init__(self, datasets: Mapping[str, Dataset]) -> None:
        ordered = sorted(datasets.items(), key=lambda item: item[1].sha256)
        self.datasets: dict[str, Dataset] = dict(ordered)

    @cached_property
    def columns(self) -> dict[str, slice]:
        """The outputs of each head among those of all."""
        ends = np.cumsum([len(dataset.labels) for dataset in self.datasets.values()]).tolist()
        return {
            name: slice(end - len(dataset.labels), end)
            for (name, dataset), end in zip(self.datasets.items(), ends, strict=True)
        }

    @property
    def outputs(self) -> int:
        """Labels of all heads together."""
        return sum(len(dataset.labels) for dataset in self.datasets.values())

    @property
    def sha256(self) -> Sequence[str]:
        """Digests of the datasets."""
        return [dataset.sha256 for dataset in self.datasets.values()]

    def kind(self, name: str) -> str:
        """The kind of the stored logits of a head."""
        return f"{LOGITS}-{self.datasets[name].sha256[:8]}"

    def training_texts(self) -> FineTuningTexts:
        """The texts to fine-tune on; splits with the same texts are merged."""
        by_texts: dict[tuple[str, ...], list[str]] = {}
        for name, dataset in self.datasets.items():
            by_texts.setdefault(dataset.train.texts, []).append(name)
        texts = tuple(text for group in by_texts for text in group)
        targets = np.zeros((len(texts), self.outputs), dtype=np.float32)
        known = np.zeros((len(texts), len(self.datasets)), dtype=np.bool_)
        first = 0
        for group, names in by_texts.items():
            rows = slice(first, first + len(group))
            first += len(group)
            for name in names:
                targets[rows, self.columns[name]] = self.datasets[name].train.targets
                known[rows, list(self.datasets).index(name)] = True
        return FineTuningTexts(texts, targets, known)

    def dev_splits(self) -> Mapping[str, Split]:
        """The dev split of each head."""
        return {name: dataset.dev for name, dataset in self.datasets.items()}
