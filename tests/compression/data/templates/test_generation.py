from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from compression.data.templates import generation, template_texts
from compression.data.templates.lexicon import Lexicon, lexicon
from compression.data.templates.template import Template

FOCUSED = [(slot, word) for slot in lexicon().templates for word in lexicon().words[slot]]


@given(st.integers(0, 400), st.integers(0, 2**32 - 1))
@settings(max_examples=20, deadline=None)
def test_texts_differ_and_depend_on_the_seed_alone(count: int, seed: int) -> None:
    made = template_texts(count, seed=seed)
    assert len(made) == len(set(made)) == count
    assert all(text.strip() for text in made)
    assert made == template_texts(count + 100, seed=seed)[:count]


def test_another_seed_makes_other_texts() -> None:
    assert len({*template_texts(500, seed=0), *template_texts(500, seed=1)}) > 900


def test_no_slot_stays_open() -> None:
    assert not [text for text in template_texts(20_000, seed=0) if "{" in text or "a(n)" in text]


def test_every_word_comes_in_every_round() -> None:
    made = template_texts(len(FOCUSED), seed=3)
    text = "\n".join(made).casefold()
    missing = [
        word
        for _, word in FOCUSED
        if not any(form.casefold() in text for form in (word, *word.split("/")) if form)
    ]
    assert missing == []


def test_words_and_templates_come_equally_often(monkeypatch: pytest.MonkeyPatch) -> None:
    small = Lexicon(
        words={"people": tuple(f"w{i}" for i in range(10)), "time": ("now", "then", "today")},
        templates={
            "people": tuple(
                map(Template.parse, ("i am {people} {time}", "are you {people} {time}?"))
            )
        },
    )
    monkeypatch.setattr(generation, "lexicon", lambda: small)
    made = template_texts(20, seed=0)
    assert set(Counter(text.split()[2] for text in made).values()) == {2}
    assert abs(sum(text.startswith("i") for text in made) - 10) <= 2


def test_a_lexicon_that_is_used_up_gives_fewer(monkeypatch: pytest.MonkeyPatch) -> None:
    small = Lexicon(
        words={"people": ("sad", "glad")},
        templates={"people": (Template.parse("{people}"), Template.parse("not {people}"))},
    )
    monkeypatch.setattr(generation, "lexicon", lambda: small)
    assert set(template_texts(100, seed=0)) == {"sad", "glad", "not sad", "not glad"}
