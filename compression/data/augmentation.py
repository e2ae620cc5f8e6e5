"""More texts for a student, made of those that there are (Tang et al., arXiv 1903.12136).

They carry no labels: a teacher says what they mean. Three kinds, in equal parts: a span of a text,
the beginning of one text joined to the end of another, and a text some of whose words were dropped.
Words here are what blanks separate, so that what is made is text again, for any tokenizer.
"""

from collections.abc import Callable, Sequence

import numpy as np
from tqdm import tqdm

from compression.settings import AugmentationSettings

Generator = np.random.Generator
Words = list[str]
_PATIENCE = 20
"""Draws without anything new before the source counts as exhausted."""


def augmented(
    texts: Sequence[str], settings: AugmentationSettings, *, seed: int
) -> tuple[str, ...]:
    """New texts, each different from all others and from the given ones.

    Args:
        texts: what they are made of.
        settings: how many, and how many words are dropped.
        seed: of every draw.

    Returns:
        `settings.texts` of them, or fewer where the source yields no more.
    """
    generator = np.random.default_rng([seed, len(texts)])
    split = [words for text in texts if (words := text.split())]
    makers: tuple[Callable[[], Words], ...] = (
        lambda: _span(_any(split, generator), generator),
        lambda: _joined(_any(split, generator), _any(split, generator)),
        lambda: _thinned(_any(split, generator), settings.dropout, generator),
    )
    made: list[str] = []
    seen, misses = set(texts), 0
    bar = tqdm(total=settings.texts, desc="augmenting", leave=False, disable=None)
    while split and len(made) < settings.texts and misses < _PATIENCE * len(makers):
        text = " ".join(makers[len(made) % len(makers)]())
        if text and text not in seen:
            seen.add(text)
            made.append(text)
            bar.update()
            misses = 0
        else:
            misses += 1
    bar.close()
    return tuple(made)


def _any(texts: Sequence[Words], generator: Generator) -> Words:
    return texts[int(generator.integers(len(texts)))]


def _span(words: Words, generator: Generator) -> Words:
    first, last = np.sort(generator.integers(0, len(words) + 1, size=2))
    return words[first:last]


def _joined(one: Words, other: Words) -> Words:
    return one[: (len(one) + 1) // 2] + other[len(other) // 2 :]


def _thinned(words: Words, share: float, generator: Generator) -> Words:
    kept = generator.random(len(words)) >= share
    return [word for word, stays in zip(words, kept, strict=True) if stays]
