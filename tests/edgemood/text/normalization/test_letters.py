"""Characters that read the same; `test_tables.py` compares the generated tables with Unicode."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgemood.text.characters import code_points
from edgemood.text.normalization.letters import IGNORED_RANGES, PUNCTUATION, fold_letters


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("I don`t", "I don't"),
        ("I don\u00b4t, don\u02bct, don\u2018t, don\u2032t, don\uff07t", "I don't" + 4 * ", don't"),
        ("\u201cgood\u201d \u2013 well\u2026 \u2025", '"good" - well.. ..'),
        ("disap\u00adpointed", "disappointed"),
        ("ha\u200bte ha\u200dte \ufeffha\u2060te", "hate hate hate"),
        ("\U0001f44d\U0001f3fd \u2764\ufe0f 1\ufe0f\u20e3", "\U0001f44d \u2764 1"),
        ("\uff29 \uff41\uff4d \uff53\uff4f \uff48\uff41\uff50\uff50\uff59\uff01", "I am so happy!"),
        ("\U0001d489\U0001d486\U0001d48d\U0001d48d\U0001d490 \U0001d7d8", "hello 0"),
        ("\ufb01ne o\ufb00 \u017fo", "fine off so"),
        ("\u24c8\u24d0\u24d3 \U0001f150\U0001f171", "Sad AB"),
        ("cafe\u0301 CAFE\u0301 e\u0323\u0302 e\u0302\u0323", "caf\u00e9 CAF\u00c9 \u1ec7 \u1ec7"),
        ("h\u0337a\u0328\u0337te\u0336", "h\u0105te"),  # only the ogonek has a composed letter
        ("\u0301 \u20dd", " "),
        ("\u0627\u0650 \u2122 \u2116 \u2139", "\u0627\u0650 \u2122 \u2116 \u2139"),
        ("\ud800\u00a0", "\ud800\u00a0"),
    ],
)
def test_examples(text: str, folded: str) -> None:
    assert fold_letters(text) == folded


def test_every_variant_of_punctuation() -> None:
    for ascii_form, variants in PUNCTUATION.items():
        assert fold_letters(variants) == ascii_form * len(variants)


@given(st.text(st.one_of(st.characters(), st.sampled_from("e\u0301\u0302\u0323\u00ad'\u2018"))))
def test_folding_again_changes_nothing(text: str) -> None:
    assert fold_letters(fold_letters(text)) == fold_letters(text)


@given(st.text(), st.sampled_from(list(code_points(IGNORED_RANGES))), st.integers(0, 50))
def test_invisible_characters_make_no_difference(text: str, invisible: str, at: int) -> None:
    assert fold_letters(text[:at] + invisible + text[at:]) == fold_letters(text)
