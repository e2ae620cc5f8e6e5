"""Augmentation: synthetic texts for a student (Tang et al., arXiv 1903.12136).

The texts have no labels; a teacher scores them. They are of three kinds in equal parts: a span of a
text, the first half of one text joined to the second half of another, and a text without some of
its words. Words are separated by blanks here, so the results are texts for any tokenizer.
"""

from collections.abc import Callable, Sequence

import numpy as np
from tqdm import tqdm

from compression.settings import AugmentationSettings

Generator = np.random.Generator
Words = list[str]
_PATIENCE = 20
"""Failed draws per kind after which no more new texts are expected."""


def augmented(
    texts: Sequence[str], settings: AugmentationSettings, *, seed: int
) -> tuple[str, ...]:
    """New texts, all different from each other and from the given ones.

    Args:
        texts: the source.
        settings: number of texts, and the probability of dropping a word.
        seed: of all random draws.

    Returns:
        `settings.texts` texts, or fewer if the source gives no more.
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
