"""Subsets of texts whose writing is of one kind: emoji, questions, negations.

`evaluate --subset` measures on one of them.
"""

import re
from collections.abc import Callable
from typing import Literal, get_args

import numpy as np

from compression.data.dataset import Split
from compression.errors import DatasetError
from edgemood.text.normalization import normalize
from edgemood.text.normalization.feelings import FEELINGS, bracketed

Subset = Literal["emoji", "questions", "negations"]
SUBSETS: tuple[Subset, ...] = get_args(Subset)

_FEELINGS = frozenset(bracketed(feeling).strip() for feeling in FEELINGS)
_NEGATION = re.compile(
    r"\b(?:not|never|no|nobody|nothing|none|neither|nor|cannot)\b|n't\b", re.IGNORECASE
)


def subset(split: Split, kind: Subset) -> Split:
    """The texts of a kind, with their labels.

    * `emoji`: with an emoji or emoticon that stands for a feeling.
    * `questions`: ending with a question mark.
    * `negations`: with a word such as *not*, *never* or *don't*.

    Raises:
        DatasetError: there is no such text.
    """
    holds: Callable[[str], bool] = {
        "emoji": lambda text: any(token in _FEELINGS for token in text.split()),
        "questions": lambda text: text.rstrip("!\"') ").endswith("?"),
        "negations": lambda text: _NEGATION.search(text) is not None,
    }[kind]
    rows = np.array([holds(normalize(text)) for text in split.texts], dtype=np.bool_)
    if not rows.any():
        raise DatasetError(f"no text belongs to the subset {kind}")
    texts = tuple(text for text, chosen in zip(split.texts, rows, strict=True) if chosen)
    return Split(texts, split.targets[rows])
