"""All steps together: what a transformer reads."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from edgemood.text.normalization import SPECIAL_TOKENS, normalize
from edgemood.text.normalization.emoticons import FACES, PICTURES, WORDS

# Pieces that rules are made of, so that texts of them meet many rules.
PIECES = (
    *"aAoOxXDdlLéÉßИ 019.,!?'\"-_:;=()[]/\\|*^<>&#@%+~`\n",
    *("www.", "http://", "example.com", "a@b.co", "@user", "#tag", "[LOVE]", "[url]", "lol", "ha"),
    *("\u2019", "\u2026", "\u00ad", "\u200d", "\ufe0f", "e\u0301", "\u0323", "\uff21", "\u2640"),
    *("\U0001d489", "\U0001f602", "\U0001f44d\U0001f3fd", "\u2764\ufe0f", "\u30c4", "\ud800"),
    *(":)", "xD", "<3", ">_<", "T_T", "o.O", "uwu", "\u00af\\_(\u30c4)_/\u00af"),
)
text_of_pieces = st.lists(st.one_of(st.sampled_from(PIECES), st.characters()), max_size=30).map(
    "".join
)


@pytest.mark.parametrize(
    ("text", "normalized"),
    [
        ("I don`t like it", "I don't like it"),
        ("I don&#39;t &amp; won&rsquo;t", "I don't & won't"),
        ("I am <b>not</b> happy", "I am not happy"),
        ("I am so disap\u00adpointed", "I am so disappointed"),
        ("\uff29 \uff41\uff4d \uff53\uff4f \uff48\uff41\uff50\uff50\uff59", "I am so happy"),
        ("THIS IS SOOOO BADDDD", "THIS IS SOO BADD"),
        ("mail me at love@awesome.org", "mail me at [email]"),
        ("@happy_joy see  you at 5:30 ", "[user] see you at 5:30"),
        (
            "&lt;3 \uff1c3 :-) \U0001f602\U0001f602\U0001f602\U0001f602",
            "[love] [love] [smiling] [laughing] [laughing]",
        ),
        ("[LAUGHING] [NAME] [Other]", "[laughing] [name] [Other]"),
        ("http://x.y/:) #SoHappy", "[url] [smiling] SoHappy"),
    ],
)
def test_examples(text: str, normalized: str) -> None:
    assert normalize(text) == normalized


@given(text_of_pieces)
def test_normalizing_again_changes_nothing(text: str) -> None:
    assume(not set("&<#@\uff06\uff1c\uff03\uff20") & set(text))
    # Not so if a reference hides another one, or if an emoticon stands directly before # or @.
    assert normalize(normalize(text)) == normalize(text)


@pytest.mark.parametrize(
    "text", [*FACES, *PICTURES, *WORDS, "a www.x.y", "www.1", "x.com", *SPECIAL_TOKENS]
)
def test_the_short_cut_for_plain_texts_misses_nothing(text: str) -> None:
    not_plain = "~ " + text
    assert normalize(not_plain) == "~ " + normalize(text)
