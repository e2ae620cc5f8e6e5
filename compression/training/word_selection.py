"""Word selection: which words of the training split get a row of the token table."""

from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from compression.data.dataset import SoftLabels
from compression.metrics.mutual_information import uncertainty_coefficients
from compression.settings import VocabularySettings
from edgemood.text.normalization import SPECIAL_TOKENS
from edgemood.text.normalization.elongation import collapsed, shorten
from edgemood.text.tokenizers.version2 import spellings

USUAL_ELONGATION = 0.25
"""Elongated spellings (`gooood`) of a word with a doubled letter, for each one that is not."""


def choose_words(examples: SoftLabels, settings: VocabularySettings) -> tuple[str, ...]:
    """The words that get a row, by falling frequency or by falling mutual information.

    Ties are broken by frequency, then by the order of code points. All special tokens of the texts
    get a row. Elongations get none, so that they take the row of what they stand for.
    """
    written = [spellings(text) for text in examples.texts]
    short = {spelling: shorten(spelling) for spelling in {s for text in written for s in text}}
    tokens = [[short[spelling] for spelling in text] for text in written]
    counts = Counter(token for text in tokens for token in text)
    elongations = find_elongations(
        Counter(spelling for text in written for spelling in text), min_count=settings.min_count
    )
    words = [
        word
        for word, n in counts.items()
        if (n >= settings.min_count or word in SPECIAL_TOKENS)
        and word not in elongations
        and not "\ud800" <= word <= "\udfff"  # UTF-8 cannot encode a lone surrogate
    ]
    words.sort(key=lambda word: (-counts[word], word))
    if settings.by == "information":
        words = _by_information(words, tokens, examples.targets)
    return _first(words, settings.max_words)


def find_elongations(spellings: Mapping[str, int], *, min_count: int) -> set[str]:
    """The tokens that are elongations of other words, such as `soo` and `noo` but not `too`.

    A token is one if it is elongated in the texts (`sooo`) more than `USUAL_ELONGATION` times as
    often as it is not, and the first of its collapsed forms that is a word is more frequent.

    Args:
        spellings: how often each token occurs as it is written.
        min_count: occurrences of a word.
    """
    counts: Counter[str] = Counter()
    for spelling, n in spellings.items():
        counts[shorten(spelling)] += n

    def is_elongation(token: str, count: int) -> bool:
        unchanged = spellings.get(token, 0)
        if count - unchanged <= USUAL_ELONGATION * unchanged:
            return False
        words = (word for word in collapsed(token) if counts[word] >= min_count)
        return counts[next(words, token)] > count

    return {token for token, count in counts.items() if is_elongation(token, count)}


def _first(words: Sequence[str], most: int) -> tuple[str, ...]:
    """The first words, in their order, among them all special tokens."""
    special = [word for word in words if word in SPECIAL_TOKENS]
    others = [word for word in words if word not in SPECIAL_TOKENS]
    chosen = {*special, *others[: max(0, most - len(special))]}
    return tuple(word for word in words if word in chosen)[:most]


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
