"""Word selection: which words of the training split get a row of the token table."""

from collections import Counter
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from compression.data.dataset import SoftLabels
from compression.metrics.mutual_information import uncertainty_coefficients
from compression.settings import VocabularySettings
from edgemood.text.tokenizers import CURRENT, TOKENIZERS


def choose_words(examples: SoftLabels, settings: VocabularySettings) -> tuple[str, ...]:
    """The words that get a row, by falling frequency or by falling mutual information.

    Ties are broken by frequency, then by the order of code points.
    """
    tokenize = TOKENIZERS[CURRENT].tokenize
    tokens = [tokenize(text) for text in examples.texts]
    counts = Counter(
        token
        for text in tokens
        for token in text
        if not "\ud800" <= token <= "\udfff"  # UTF-8 cannot encode a lone surrogate
    )
    words = [word for word, n in counts.items() if n >= settings.min_count]
    words.sort(key=lambda word: (-counts[word], word))
    if settings.by == "information":
        words = _by_information(words, tokens, examples.targets)
    return tuple(words[: settings.max_words])


def _by_information(
    words: Sequence[str], tokens: Sequence[Sequence[str]], targets: NDArray[np.float64]
) -> list[str]:
    row_of = {word: row for row, word in enumerate(words)}
    present = np.zeros((len(words), targets.shape[1]), dtype=np.float64)
    texts = np.zeros(len(words), dtype=np.float64)
    for text, labels in zip(tokens, targets, strict=True):
        rows = list({row_of[token] for token in text if token in row_of})
        texts[rows] += 1
        present[rows] += labels
    coefficients = uncertainty_coefficients(present, texts, targets.sum(axis=0), len(targets))
    return [words[row] for row in np.argsort(-coefficients, kind="stable")]
