"""Version 1 of the tokenizer against golden examples and a scanner that does not use `re`."""

import hashlib
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgemood.text.characters import LETTER_RANGES, SKIPPED_RANGES
from edgemood.text.tokenizers.version1 import FOLD, tokenize

VECTORS = Path(__file__).parents[3] / "vectors" / "tokenizer-1.json"
EXAMPLES = json.loads(VECTORS.read_text(encoding="utf-8"))


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: ascii(example["text"]))
def test_examples(example: dict) -> None:
    assert tokenize(example["text"]) == example["tokens"]


alphabet = st.one_of(
    st.sampled_from("aAbBéÉЖжß 's'’!?..…[]12🏽👍\u200d\n"),
    st.characters(),
)


@given(st.text(alphabet, max_size=60))
def test_agrees_with_a_scanner_written_from_the_rules(text: str) -> None:
    assert tokenize(text) == scan(text)


@given(st.lists(st.sampled_from(["[name]", "[religion]", "soooo", "?!", "aaa", "l'été", "…"])))
def test_agrees_with_the_scanner_on_text_made_of_its_special_cases(parts: list[str]) -> None:
    text = "".join(parts)
    assert tokenize(text) == scan(text)


@given(st.text(alphabet, max_size=60))
def test_tokens_are_fixed_points(text: str) -> None:
    for token in tokenize(text):
        assert tokenize(token) == [token]


def test_folding_is_frozen() -> None:
    # Another version of Unicode's case tables in Python would change the tokens of old variants.
    table = "\n".join(f"{code:x} {folded}" for code, folded in sorted(FOLD.items()))
    assert len(FOLD) == 557
    assert hashlib.sha256(table.encode()).hexdigest()[:16] == "823a7680438f4120"


def is_letter(c: str) -> bool:
    return any(first <= ord(c) <= last for first, last in LETTER_RANGES)


def scan(text: str) -> list[str]:
    folded = "".join(FOLD.get(ord(c), c) for c in text)
    short: list[str] = []
    for c in folded:
        if not (is_letter(c) and short[-2:] == [c, c]):
            short.append(c)
    tokens, i = [], 0
    while i < len(short):
        end = token_end(short, i)
        token = "".join(short[i:end])
        if set(token) <= set("!?"):
            token = "?!" if len(set(token)) == 2 else token[:2]
        elif set(token) == {"."}:
            token = token[:2]
        if end - i > 1 or not any(first <= ord(token) <= last for first, last in SKIPPED_RANGES):
            tokens.append(token)
        i = end
    return tokens


def token_end(chars: list[str], i: int) -> int:
    for placeholder in ("[name]", "[religion]"):
        if "".join(chars[i : i + len(placeholder)]) == placeholder:
            return i + len(placeholder)
    if is_letter(chars[i]):
        return word_end(chars, i)
    for group in ("0123456789", "!?", "."):
        end = i
        while end < len(chars) and chars[end] in group:
            end += 1
        if end > i:
            return end
    return i + 1


def word_end(chars: list[str], i: int) -> int:
    end = i + 1
    while end < len(chars):
        if is_letter(chars[end]):
            end += 1
        elif chars[end] == "'" and end + 1 < len(chars) and is_letter(chars[end + 1]):
            end += 2
        else:
            break
    return end
