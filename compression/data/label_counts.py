"""Checks that the splits have texts with and without each label."""

import numpy as np
from numpy.typing import NDArray

from compression.data.dataset import Dataset, Split
from compression.errors import DatasetError
from compression.messages import listed
from compression.progress import log

_WITH_NONE = {
    "train": "they cannot be learned",
    "dev": "their thresholds stay at 0.5, and their F1 counts as 0 in the mean",
    "test": "their F1 counts as 0 in the mean",
}
_WITH_ALL = {
    "train": "the variants will give them to all texts",
    "dev": "their thresholds cannot be tuned",
    "test": "their F1 cannot tell good variants from bad ones",
}


def check_label_counts(data: Dataset) -> None:
    """Refuse data that nothing can be learned from or tuned on, and print warnings of the rest.

    Raises:
        DatasetError: no text of train or dev has a label, or all texts have the same ones.
    """
    for name in ("train", "dev"):
        if not data.splits[name].targets.any():
            raise DatasetError(f"no text of the {name} split has a label")
    if not _varies(data.dev).any():
        raise DatasetError(
            "all texts of the dev split have the same labels, so no threshold can be tuned; take"
            " dev texts with and without each label"
        )
    for name in data.splits:
        warn_of_missing_examples(data, name)


def warn_of_missing_examples(data: Dataset, split: str) -> None:
    """Print which labels no text or every text of a split has, and what follows from it."""
    counts = data.splits[split].targets.sum(axis=0)
    for problem, count, consequences in (
        ("no text", 0, _WITH_NONE),
        ("only texts", len(data.splits[split]), _WITH_ALL),
    ):
        labels = [data.labels[i] for i in np.flatnonzero(counts == count)]
        if labels:
            log(
                f"warning: the {split} split has {problem} with {listed(labels)};"
                f" {consequences[split]}"
            )


def _varies(split: Split) -> NDArray[np.bool_]:
    """Whether a label holds for some texts and not for others. *Shape:* `(labels,)`."""
    counts = split.targets.sum(axis=0)
    varies: NDArray[np.bool_] = (counts > 0) & (counts < len(split))
    return varies
