"""What a word's presence tells of a text's labels: which words a small vocabulary should keep."""

import numpy as np
from numpy.typing import NDArray

Count = NDArray[np.int64]
Float = NDArray[np.float64]
_NOTHING = 1e-12
"""Below it a share is what subtraction left of 0; a single text of millions has more."""


def information(together: Count, texts: Count, examples: Count, total: int) -> Float:
    """Mutual information of a word and each label, as a share of the label's entropy.

    The shares are averaged over labels, so a rare label counts as much as a frequent one, as it
    does in macro-F1.

    Args:
        together: texts that hold the word and carry the label. *Shape:* `(words, labels)`.
        texts: texts that hold the word. *Shape:* `(words,)`.
        examples: texts that carry the label. *Shape:* `(labels,)`.
        total: texts in all.

    Returns:
        From 0, for a word that tells nothing, to 1. *Shape:* `(words,)`.
    """
    word, label = texts[:, None] / total, examples[None] / total
    both = together / total
    cells = (
        (both, word, label),
        (word - both, word, 1 - label),
        (label - both, 1 - word, label),
        (1 - word - label + both, 1 - word, 1 - label),
    )
    mutual = np.sum([_part(joint, one * other) for joint, one, other in cells], axis=0)
    entropy = -_part(label, np.ones_like(label)) - _part(1 - label, np.ones_like(label))
    shares = np.divide(mutual, entropy, out=np.zeros_like(mutual), where=entropy > 0)
    return np.asarray(shares.mean(axis=1))


def _part(joint: Float, independent: Float) -> Float:
    """`joint * log(joint / independent)`; 0 where nothing is."""
    there = joint > _NOTHING
    ratio = np.divide(joint, independent, out=np.ones_like(joint), where=there)
    return np.asarray(joint * np.log(ratio))
