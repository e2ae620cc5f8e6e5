"""Noise of informal writing: typing errors, elongations, other code points for the same letters.

`evaluate --noise` measures the quality of classifiers on noisy texts.
"""

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from compression.data.dataset import Split

Generator = np.random.Generator
WORD_RATE = 0.15
"""Share of the words that are changed by the kinds that change single words."""
_SHORTEST = 4
_SHORTEST_ELONGATED = 3
_KEYBOARD = ("qwertyuiop", "asdfghjkl", "zxcvbnm")
_APOSTROPHES = "`\u00b4\u02bc\u2018\u2019\u2032\uff07"
_INVISIBLE = "\u00ad\u200b\u200c\u200d\u2060\ufeff"
_ENTITIES = {
    "'": ("&#39;", "&#x27;", "&apos;", "&rsquo;", "&#146;"),
    "\u2019": ("&rsquo;", "&#8217;"),
    '"': ("&quot;", "&#34;"),
    "&": ("&amp;",),
    "<": ("&lt;",),
    ">": ("&gt;",),
}
_TAGS = ("b", "i", "em", "strong", "u")
_FULL_WIDTH, _BOLD_UPPER, _BOLD_LOWER = 0xFEE0, 0x1D400 - ord("A"), 0x1D41A - ord("a")
_HANDLES = (
    "{text} https://{name}.example.com/{other}",
    "{text} www.{name}{other}.com",
    "{text} {name}@{other}.org",
    "@{name}_{other} {text}",
    "{text} @{name}{other}",
)
_NAMES = (
    "love hate happy sad angry joy scary gross wow awful great cry sunny fury john maria".split()
)


def noised(split: Split, kind: str, *, seed: int = 0) -> Split:
    """A split with one kind of noise in its texts, and the same labels.

    * `typos`: some words have two letters swapped, or one left out, doubled, or replaced by its
      neighbour on the keyboard.
    * `capitals`: all letters are upper case.
    * `elongations`: some words repeat one or two of their letters three to five times (`saddd`,
      `haaaappyyy`). The letters are vowels or the last one.
    * `bare`: no punctuation and no emoji.
    * `entities`: apostrophes, quotes, `&`, `<` and `>` are HTML entities, and some words are in
      tags.
    * `apostrophes`: apostrophes are one of the characters that are typed for them.
    * `invisible`: some words have a soft hyphen or a zero-width character inside.
    * `widths`: some words are written in full-width or in mathematical bold letters.
    * `handles`: each text has a handle or an address before or after it, whose names are words of
      feelings.

    Args:
        split: the texts and labels.
        kind: one of `KINDS`.
        seed: for the choice of words and of their changes.
    """
    generator = np.random.default_rng(seed)
    return Split(tuple(_NOISE[kind](text, generator) for text in split.texts), split.targets)


def _of_words(
    change: Callable[[str, Generator], str], shortest: int = _SHORTEST
) -> Callable[[str, Generator], str]:
    """From the change of one word to the change of a text."""

    def changed(text: str, generator: Generator) -> str:
        words = text.split(" ")
        for i, word in enumerate(words):
            if word.isalpha() and len(word) >= shortest and generator.random() < WORD_RATE:
                words[i] = change(word, generator)
        return " ".join(words)

    return changed


def _chosen(choices: Sequence[str], generator: Generator) -> str:
    return choices[int(generator.integers(len(choices)))]


def _typo(word: str, generator: Generator) -> str:
    at = int(generator.integers(1, len(word) - 1))  # typing errors are rare in first letters
    before, letter, after = word[:at], word[at], word[at + 1 :]
    kinds = (
        before + after[:1] + letter + after[1:],
        before + after,
        before + letter + letter + after,
        before + _neighbour(letter, generator) + after,
    )
    return _chosen(kinds, generator)


def _neighbour(letter: str, generator: Generator) -> str:
    for row in _KEYBOARD:
        if (at := row.find(letter.lower())) >= 0:
            return _chosen(row[max(0, at - 1) : at] + row[at + 1 : at + 2], generator)
    return letter


def _elongated(word: str, generator: Generator) -> str:
    last = len(word) - 1
    places = [i for i, c in enumerate(word) if i == last or c.lower() in "aeiou"]
    count = min(len(places), int(generator.integers(1, 3)))
    for at in sorted(generator.choice(places, count, replace=False), reverse=True):
        word = word[:at] + word[at] * int(generator.integers(3, 6)) + word[at + 1 :]
    return word


def _capitals(text: str, _: Generator) -> str:
    return text.upper()


def _bare(text: str, _: Generator) -> str:
    # Keep brackets, which mark placeholders such as [NAME].
    kept = (c for c in text if c.isalnum() or c.isspace() or c in "'’[]")
    return "".join(kept)


def _entities(text: str, generator: Generator) -> str:
    text = "".join(_chosen(_ENTITIES[c], generator) if c in _ENTITIES else c for c in text)
    return _of_words(_tagged)(text, generator)


def _tagged(word: str, generator: Generator) -> str:
    tag = _chosen(_TAGS, generator)
    return f"<{tag}>{word}</{tag}>"


def _apostrophes(text: str, generator: Generator) -> str:
    return "".join(_chosen(_APOSTROPHES, generator) if c in "'’" else c for c in text)


def _with_invisible(word: str, generator: Generator) -> str:
    at = int(generator.integers(1, len(word)))
    return word[:at] + _chosen(_INVISIBLE, generator) + word[at:]


def _in_other_width(word: str, generator: Generator) -> str:
    if not word.isascii():
        return word
    if generator.random() < 0.5:
        return "".join(chr(ord(c) + _FULL_WIDTH) for c in word)
    return "".join(chr(ord(c) + (_BOLD_UPPER if c.isupper() else _BOLD_LOWER)) for c in word)


def _with_handle(text: str, generator: Generator) -> str:
    name, other = _chosen(_NAMES, generator), _chosen(_NAMES, generator)
    return _chosen(_HANDLES, generator).format(text=text, name=name, other=other)


_NOISE: Mapping[str, Callable[[str, Generator], str]] = {
    "typos": _of_words(_typo),
    "capitals": _capitals,
    "elongations": _of_words(_elongated, _SHORTEST_ELONGATED),
    "bare": _bare,
    "entities": _entities,
    "apostrophes": _apostrophes,
    "invisible": _of_words(_with_invisible),
    "widths": _of_words(_in_other_width),
    "handles": _with_handle,
}
KINDS = tuple(_NOISE)
