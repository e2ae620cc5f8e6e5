"""Texts to rows of the token table."""

import zlib
from collections.abc import Callable, Iterable, Iterator
from itertools import combinations

from tests.edgemood.text.tokenizers import scanner

from .container import Array

LETTERS = (
    "0041-005A 0061-007A 00C0-00D6 00D8-00F6 00F8-024F 0370-0373 0376-0377 037B-037D"
    " 037F-037F 0386-0386 0388-03F5 03F7-0481 048A-052F 1E00-1EFF"
)
SEPARATORS = (
    "0000-0020 007F-00A0 00AD-00AD 1680-1680 2000-200F 2028-202F 205F-206F 3000-3000"
    " FE00-FE0F FEFF-FEFF 1F3FB-1F3FF"
)


def ranges(text: str) -> set[str]:
    pairs = [part.split("-") for part in text.split()]
    return {chr(c) for low, high in pairs for c in range(int(low, 16), int(high, 16) + 1)}


LETTER, SEPARATOR = ranges(LETTERS), ranges(SEPARATORS)


def folded(text: str) -> str:
    special = {"\u2019": "'", "\u2026": ".."}
    return "".join(special.get(c) or (c.lower()[0] if c in LETTER else c) for c in text)


def shortened(text: str) -> str:
    kept: list[str] = []
    for c in text:
        if not (c in LETTER and kept[-2:] == [c, c]):
            kept.append(c)
    return "".join(kept)


def tokens(text: str) -> Iterator[str]:
    text, at = shortened(folded(text)), 0
    while at < len(text):
        token, at = token_at(text, at)
        if token:
            yield token


def token_at(text: str, at: int) -> tuple[str, int]:
    for placeholder in ("[name]", "[religion]"):
        if text.startswith(placeholder, at):
            return placeholder, at + len(placeholder)
    if text[at] in LETTER:
        end = run(text, at, LETTER)
        while text[end : end + 1] == "'" and text[end + 1 : end + 2] in LETTER:
            end = run(text, end + 1, LETTER)
        return text[at:end], end
    if text[at] in "0123456789":
        end = run(text, at, "0123456789")
        return text[at:end], end
    if text[at] in "!?":
        end = run(text, at, "!?")
        both = "!" in text[at:end] and "?" in text[at:end]
        return "?!" if both else text[at:end][:2], end
    if text.startswith("..", at):
        return "..", run(text, at, ".")
    return "" if text[at] in SEPARATOR else text[at], at + 1


def run(text: str, at: int, kind: set[str] | str) -> int:
    while at < len(text) and text[at] in kind:
        at += 1
    return at


TOKENIZERS: dict[int, Callable[[str], Iterable[str]]] = {1: tokens, 2: scanner.tokens}


class Vocabulary:
    def __init__(self, encoding: str, arrays: dict[str, Array], version: int) -> None:
        self.simpler = {1: self.simpler_1, 2: self.simpler_2}[version]
        self.backoff = arrays["backoff"].values()[0] if "backoff" in arrays else 0
        self.known = {"plain": plain, "fingerprints": fingerprints}[encoding](arrays)

    def row(self, token: str) -> int:
        for candidate in (token, *self.simpler(token)):
            if row := self.known(candidate):
                return row
        return 0

    def simpler_1(self, token: str) -> Iterator[str]:
        if not self.backoff or not 5 <= len(token) <= 64:
            return
        for i in range(1, len(token)):
            if token[i] == token[i - 1]:
                yield token[:i] + token[i + 1 :]
        yield from self.beginnings(token)

    def simpler_2(self, token: str) -> Iterator[str]:
        if token[0] not in LETTER or len(token) > 64:
            return
        a, b = (token + " ")[:2]
        if (
            len(token) >= 5
            and a + b != 2 * a
            and token == (a + b) * (len(token) // 2) + a * (len(token) % 2)
        ):
            yield from (a + b + a + b, b + a + b + a, a + b + a)
        doubled = [i for i in range(1, len(token)) if token[i - 1] == token[i] in LETTER][:4]
        if len(token) >= 3:
            for count in range(1, len(doubled) + 1):
                for dropped in combinations(doubled, count):
                    yield "".join(c for i, c in enumerate(token) if i not in dropped)
        yield from self.beginnings(token)

    def beginnings(self, token: str) -> Iterator[str]:
        for lacking in range(1, self.backoff + 1):
            if len(token) - lacking >= 4:
                yield token[:-lacking]


def plain(arrays: dict[str, Array]) -> Callable[[str], int]:
    words = arrays["words"].raw.decode().split("\n")[:-1]
    rows = {word: i + 1 for i, word in enumerate(words)}
    return lambda token: rows.get(token, 0)


def fingerprints(arrays: dict[str, Array]) -> Callable[[str], int]:
    (salt,), counts = arrays["salt"].values(), arrays["counts"].values()
    stored = iter(enumerate(arrays["fingerprints"].values(), start=1))
    rows = {}
    for bucket, count in enumerate(counts):
        for _ in range(count):
            row, fingerprint = next(stored)
            rows[bucket, fingerprint] = row
    k = len(counts).bit_length() - 1

    def known(token: str) -> int:
        h = zlib.crc32(token.encode("utf-8", "surrogatepass")) * salt % 2**32
        return rows.get((h >> (32 - k), (h >> (16 - k)) & 0xFFFF), 0)

    return known
