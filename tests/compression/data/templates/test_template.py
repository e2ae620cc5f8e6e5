import pytest

from compression.data.templates.template import Slot, Template


def test_a_template_by_hand() -> None:
    template = Template.parse("{who} {weep.past}, what a(n) {how} day")
    assert template.literals == ("", " ", ", what a(n) ", " day")
    assert template.slots == (Slot("who", None), Slot("weep", "past"), Slot("how", None))
    words = {"who": "he", "weep": "weep/weeps/wept/weeping", "how": "awful"}
    assert template.filled(lambda slot: words[slot.name]) == "he wept, what an awful day"


@pytest.mark.parametrize(
    ("word", "article"),
    [
        ("odd", "an"),
        ("honest", "an"),
        ("unimpressed", "an"),
        ("uninspired", "an"),
        ("upset", "an"),
        ("hostile", "a"),
        ("one-sided", "a"),
        ("unique", "a"),
        ("useful", "a"),
        ("usual", "a"),
        ("euphoric", "a"),
        ("ufo", "a"),
    ],
)
def test_articles(word: str, article: str) -> None:
    filled = Template.parse("such a(n) {word}!").filled(lambda _: word)
    assert filled == f"such {article} {word}!"


def test_a_template_without_slots_is_its_text() -> None:
    assert Template.parse("no slot").filled(lambda _: "") == "no slot"
