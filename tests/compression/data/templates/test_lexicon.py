"""The files of the lexicon fit together: slots, words, forms."""

import csv
import re
from pathlib import Path

import pytest

from compression.data.templates.lexicon import lexicon
from compression.data.templates.template import FORMS, Template

SENTENCES = sorted((Path(__file__).parents[3] / "system").rglob("*.tsv"))
LEXICON = lexicon()
TEMPLATES = [template for templates in LEXICON.templates.values() for template in templates]


def test_the_lexicon_is_large() -> None:
    kinds = ("people", "things", "toward", "affecting", "acting", "nouns", "kinds", "manner")
    assert sum(len(LEXICON.words[kind]) for kind in kinds) > 1500
    assert len(TEMPLATES) == len(set(TEMPLATES)) > 150


@pytest.mark.parametrize("slot", sorted(LEXICON.words.keys() - {"end"}))
def test_words_of_a_slot_differ_and_are_not_empty(slot: str) -> None:
    words = LEXICON.words[slot]
    assert all(words)
    assert len(words) == len(set(words))


def test_each_template_has_the_slot_that_it_belongs_to_and_words_for_all() -> None:
    for slot, templates in LEXICON.templates.items():
        for template in templates:
            names = {part.name for part in template.slots}
            assert slot in names
            assert names <= LEXICON.words.keys()


def test_verbs_have_four_forms_and_are_used_in_one_of_them() -> None:
    slots = {slot for template in TEMPLATES for slot in template.slots}
    verbs = {slot.name for slot in slots if slot.form is not None}
    assert verbs == {"toward", "affecting", "acting"}
    assert {slot.form for slot in slots if slot.name in verbs} == set(FORMS)
    for verb in verbs:
        for word in LEXICON.words[verb]:
            forms = word.split("/")
            assert len(forms) == len(FORMS), word
            assert forms[-1].split()[0].endswith("ing"), word


def letters(text: str) -> str:
    """Letters, digits and emoji: what makes two sentences the same to a reader."""
    return "".join(c for c in text.casefold() if c.isalnum() or not (c.isascii() or c.isspace()))


def pattern_of(template: Template) -> re.Pattern[str]:
    parts = [_literal(template.literals[0])]
    for slot, literal in zip(template.slots, template.literals[1:], strict=True):
        words = {letters(slot.inflected(word)) for word in LEXICON.words[slot.name]}
        if slot.name == "emoji":  # ":)" has no letters, but is not nothing
            words.discard("")
        parts += ["(?:" + "|".join(map(re.escape, sorted(words))) + ")", _literal(literal)]
    return re.compile("".join(parts))


def _literal(text: str) -> str:
    return "an?".join(re.escape(letters(part)) for part in text.split("a(n)"))


def test_no_template_can_make_a_sentence_that_classifiers_are_measured_on() -> None:
    """Otherwise a classifier could have learned it by heart."""
    rows: list[dict[str, str]] = []
    for path in SENTENCES:
        with path.open(encoding="utf-8", newline="") as file:
            rows += csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
    assert len(rows) >= 80
    measured = {letters(row["text"]): row["text"] for row in rows}
    patterns = [pattern_of(template) for template in TEMPLATES]
    found = [
        text
        for key, text in measured.items()
        if any(pattern.fullmatch(key) for pattern in patterns)
    ]
    assert found == []


def test_the_patterns_match_what_templates_make() -> None:
    for template in TEMPLATES:
        for at in (0, 1):
            text = template.filled(lambda slot, at=at: LEXICON.words[slot.name][at])  # type: ignore[misc]
            assert pattern_of(template).fullmatch(letters(text)), text
