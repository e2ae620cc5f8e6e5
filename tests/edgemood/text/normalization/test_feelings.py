import pytest

from edgemood.text.normalization.feelings import FEELINGS, bracketed, shorten_runs


def test_names_are_single_words_without_duplicates() -> None:
    assert len(set(FEELINGS)) == len(FEELINGS) == 48
    assert all(name.isascii() and name.isalpha() and name.islower() for name in FEELINGS)


@pytest.mark.parametrize(
    ("text", "short"),
    [
        ("a [sad] [sad] b", "a [sad] [sad] b"),
        ("a [sad] [sad] [sad] b", "a [sad] [sad] b"),
        ("[sad][sad]  [sad] [sad]", "[sad] [sad]"),
        ("[sad] [love] [sad] [love]", "[sad] [love] [sad] [love]"),
        ("[sad] [sad] and [sad]", "[sad] [sad] and [sad]"),
        ("[name] [name] [name]", "[name] [name] [name]"),
        ("no feelings", "no feelings"),
    ],
)
def test_two_stand_for_more(text: str, short: str) -> None:
    assert shorten_runs(text) == short
    assert shorten_runs(short) == short


def test_brackets_are_separated_by_blanks() -> None:
    assert bracketed("sad") == " [sad] "
