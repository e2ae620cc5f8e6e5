"""Version 2 of the tokenizer: golden examples, a scanner without `re`, and what must not matter."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgemood.text.encoder import TextEncoder
from edgemood.text.normalization import SPECIAL_TOKENS
from edgemood.text.normalization.elongation import shorten
from edgemood.text.tokenizers.version2 import spellings, tokenize
from edgemood.text.vocabulary import PlainVocabulary
from tests.edgemood.text.normalization.test_normalize import PIECES, text_of_pieces
from tests.edgemood.text.tokenizers import scanner

VECTORS = Path(__file__).parents[3] / "vectors" / "tokenizer-2.json"
EXAMPLES = json.loads(VECTORS.read_text(encoding="utf-8"))
WORDS = ("i", "am", "so", "happy", "sad", "this", "is", "bad", "not", "don't", "hate", "you")


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: ascii(example["text"]))
def test_examples(example: dict) -> None:
    assert tokenize(example["text"]) == example["tokens"]
    assert scanner.tokens(example["text"]) == example["tokens"]


@given(text_of_pieces)
def test_agrees_with_a_scanner_written_from_the_rules(text: str) -> None:
    assert tokenize(text) == scanner.tokens(text)


@given(st.text())
def test_agrees_with_the_scanner_on_any_text(text: str) -> None:
    assert tokenize(text) == scanner.tokens(text)


@given(text_of_pieces)
def test_tokens_are_spellings_without_elongations(text: str) -> None:
    assert tokenize(text) == [shorten(spelling) for spelling in spellings(text)]


@pytest.mark.parametrize("token", SPECIAL_TOKENS)
def test_special_tokens_have_any_case(token: str) -> None:
    assert tokenize(f"a{token.upper()}b{token}") == ["a", token, "b", token]


@pytest.mark.parametrize(
    ("text", "reads_as"),
    [
        ("I don`t like it", "I don't like it"),
        ("I don&#39;t like it", "I don't like it"),
        ("I am <b>not</b> happy", "I am not happy"),
        ("I am so disap\u00adpointed in you", "I am so disappointed in you"),
        ("I ha\u200dte you", "I hate you"),
        ("\uff29 \uff41\uff4d \uff53\uff4f \uff48\uff41\uff50\uff50\uff59", "I am so happy"),
        ("i am saddd", "i am sad"),
        ("THIS IS SOOOO BADDDD", "this is so bad"),
        ("mail me at love@awesome.org", "mail me at joe@example.com"),
        ("@happy_joy see you at 5", "@john see you at 5"),
    ],
)
def test_what_reads_the_same_gets_the_same_rows(text: str, reads_as: str) -> None:
    encoder = TextEncoder.of(PlainVocabulary(WORDS), tokenizer_version=2)
    assert encoder.rows(text) == encoder.rows(reads_as)


SAME = {
    "apostrophe": ("'", "\u2019"),
    "full width": ("a", "\uff41"),
    "mathematical": ("h", "\U0001d489"),
    "circled": ("s", "\u24e2"),
    "ligature": ("fi", "\ufb01"),
    "decomposed": ("\u00e9", "e\u0301"),
    "full-width brackets": ("[laughing]", "\uff3blaughing\uff3d"),
    "skin tone": ("\U0001f44d", "\U0001f44d\U0001f3fe"),
    "variation selector": ("\u2764", "\u2764\ufe0f"),
    "reference": ('"', "&quot;"),
}


@pytest.mark.parametrize(("usual", "variant"), SAME.values(), ids=SAME)
@given(text=text_of_pieces)
def test_variants_make_no_difference(usual: str, variant: str, text: str) -> None:
    # Variants are not names of references and tags, and a mark joins the letter before it.
    text = text.replace("&", "").replace("<", "").replace("\u0323", "")
    words = text.split(usual)
    assert tokenize(usual.join(words)) == tokenize(variant.join(words))


@pytest.mark.parametrize(
    "piece", [*PIECES, "&#1;", "<b ", "[love] ", "ab", "(", "a\u0301", "\u0301"]
)
def test_long_texts(piece: str) -> None:
    text = piece * 20_000 + "!"
    assert 0 < len(tokenize(text)) <= len(text)  # quadratic time would be minutes


@pytest.mark.parametrize("begin", ["<a =", "</b x=", "<p", "&#", "http://", "@a@", "a@b"])
@pytest.mark.parametrize("piece", [" ", "\t", "&#32;", ".", "-"])
def test_long_beginnings_of_what_does_not_end(begin: str, piece: str) -> None:
    text = begin + piece * 100_000
    assert 0 < len(tokenize(text)) <= len(text)
