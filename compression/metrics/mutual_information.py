"""Mutual information of words and labels, which ranks words for a small vocabulary."""

import numpy as np
from numpy.typing import NDArray

Float = NDArray[np.float64]
_ROUNDING_ERROR = 1e-12
"""Subtraction leaves probabilities this small in place of 0; one text among millions has more."""


def uncertainty_coefficients(
    with_both: Float, with_word: Float, with_label: Float, texts: int
) -> Float:
    """Uncertainty coefficient (Theil's U) of each word: `I(word; label) / H(label)`.

    It is averaged over labels, so a rare label counts as much as a frequent one, as in macro-F1.

    Args:
        with_both: number of texts that contain the word and have the label; an expected
            number if labels are probabilities. *Shape:* `(words,
            labels)`.
        with_word: number of texts that contain the word. *Shape:* `(words,)`.
        with_label: number of texts that have the label. *Shape:* `(labels,)`.
        texts: number of texts.

    Returns:
        From 0 (independent of all labels) to 1. *Shape:* `(words,)`.
    """
    word, label = with_word[:, None] / texts, with_label[None] / texts
    mutual = _mutual_information(with_both / texts, word, label)
    entropy = -_divergence(label, np.ones_like(label)) - _divergence(1 - label, np.ones_like(label))
    ratios = np.divide(mutual, entropy, out=np.zeros_like(mutual), where=entropy > 0)
    return np.asarray(ratios.mean(axis=1))


def _mutual_information(both: Float, word: Float, label: Float) -> Float:
    """In nats, from probabilities. *Shape:* `(words, labels)`."""
    cells = (
        (both, word, label),
        (word - both, word, 1 - label),
        (label - both, 1 - word, label),
        (1 - word - label + both, 1 - word, 1 - label),
    )
    terms = [_divergence(joint, one * other) for joint, one, other in cells]
    return np.asarray(np.sum(terms, axis=0))


def _divergence(p: Float, q: Float) -> Float:
    """`p * log(p / q)`; 0 for p = 0."""
    positive = p > _ROUNDING_ERROR
    ratio = np.divide(p, q, out=np.ones_like(p), where=positive)
    return np.asarray(p * np.log(ratio))
