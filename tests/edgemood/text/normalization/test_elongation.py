"""Elongated words and the words that they may stand for."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgemood.text.characters import LOWER
from edgemood.text.normalization.elongation import collapsed, shorten, shorten_in_any_case

laughing_text = st.text(st.sampled_from("hHaAlLoOéÉ '!0"))


@pytest.mark.parametrize(
    ("text", "shortened"),
    [
        ("SOOOooo gooood", "SOO good"),
        ("hahahahaha HAhahaHAH bahahaha", "haha HAhaH bahaha"),
        ("lololol banana mississippi", "lolol banana mississippi"),
        ("aaaaaa!!! 1000 ÉééÉ", "aa!!! 1000 Éé"),
        ("hahahaaa", "hahaa"),
    ],
)
def test_shortening(text: str, shortened: str) -> None:
    assert shorten_in_any_case(text) == shortened
    assert shorten(text.translate(LOWER)) == shortened.translate(LOWER)


@given(laughing_text)
def test_shortening_does_not_depend_on_case(text: str) -> None:
    assert shorten_in_any_case(text).translate(LOWER) == shorten(text.translate(LOWER))


@given(laughing_text)
def test_shortening_again_changes_nothing(text: str) -> None:
    assert shorten_in_any_case(shorten_in_any_case(text)) == shorten_in_any_case(text)


@pytest.mark.parametrize(
    ("word", "candidates"),
    [
        ("sadd", ["sad"]),
        ("haappyy", ["happyy", "haapyy", "haappy", "hapyy", "happy", "haapy", "hapy"]),
        ("ahaha", ["ahah", "haha", "aha"]),
        ("lolol", ["lolo", "olol", "lol"]),
        ("soo", ["so"]),
        ("aaaaa", ["a"]),
        ("oo", []),
        ("haha", []),
        ("100", []),
        ("a''b", []),
        ("sooon", ["son"]),  # as a transformer's word list may ask
    ],
)
def test_collapsed(word: str, candidates: list[str]) -> None:
    assert list(collapsed(word)) == candidates


def test_four_runs_are_considered() -> None:
    found = list(collapsed("aabbccddee"))
    assert len(found) == 15
    assert found[0] == "abbccddee"
    assert found[-1] == "abcdee"
