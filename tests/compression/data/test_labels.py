"""Label cells, and names that are likely to be mistakes."""

import unicodedata
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from compression.data.labels import (
    LabelsError,
    check_new_labels,
    label_names,
    label_problem,
    spelling_key,
)
from compression.data.readers.record import Place
from compression.errors import DatasetError
from edgemood.format.manifest import Label


@pytest.mark.parametrize(
    ("value", "names"),
    [
        (None, ()),
        ("", ()),
        (" \t", ()),
        ([], ()),
        ("[]", ()),
        ("()", ()),
        ("joy", ("joy",)),
        (" joy ,, anger,joy", ("joy", "anger")),
        ([" joy", "anger", ""], ("joy", "anger")),
        (["joy, sort of"], ("joy, sort of",)),
        ("['joy', 'anger']", ("joy", "anger")),
        ('["joy", "anger"]', ("joy", "anger")),
        ("('joy',)", ("joy",)),
        ("{'joy', \"anger\"}", ("joy", "anger")),
        (" [ 'very happy' ] ", ("very happy",)),
        ("[“joy”, ‘anger’]", ("joy", "anger")),
        ('["fr\\u00f6hlich"]', ("fröhlich",)),
        ("(none)", ("(none)",)),
        ("3, 14", ("3", "14")),
    ],
)
def test_cells(value: object, names: tuple[str, ...]) -> None:
    assert label_names(value, ",") == names


def test_another_separator_does_not_change_lists() -> None:
    assert label_names("a|b, c", "|") == ("a", "b, c")
    assert label_names("['a', 'b']", "|") == ("a", "b")


@pytest.mark.parametrize(
    ("value", "names"),
    [
        (3, ("3",)),
        (3.0, ("3",)),
        ([3, 17], ("3", "17")),
        ("[3, 17]", ("3", "17")),
        (float("nan"), ()),
    ],
)
def test_whole_numbers_stand_for_names(value: object, names: tuple[str, ...]) -> None:
    assert label_names(value, ",") == names


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        (3.5, "must be a string or a list of strings"),
        (True, "must be a string or a list of strings"),
        ({"joy": 1}, "must be a string or a list of strings"),
        (["joy", 3.5], "must be names as strings, found a number"),
        (["joy", True], "must be names as strings, found true or false"),
        ([None], "must be names as strings, found null"),
        ([["joy"]], "must be names as strings, found an array"),
        ("[0, 1, 0]", "a 0 or 1 for each label"),
        ("0,1,0", "a 0 or 1 for each label"),
        ("['joy' 'anger']", "looks like a list that cannot be read"),
        ("['joy', 'ang", "looks like a list"),
        ("['joy', nan]", "looks like a list"),
        ("[joy, anger]", "looks like a list"),
    ],
)
def test_cells_that_are_refused(value: object, problem: str) -> None:
    with pytest.raises(LabelsError, match=problem):
        label_names(value, ",")


def check(names: Sequence[str]) -> None:
    uses = {name: Place(Path("train.csv"), line) for line, name in enumerate(names, start=2)}
    check_new_labels(uses, ",")


@pytest.mark.parametrize(
    "names",
    [
        ("joy", "anger", "(none)", "very happy", "self-pity", "don't care", "none", "happy/sad"),
        ("喜び", "怒り", "😀", "👩‍🚀"),
        ("1", "2", "03"),
    ],
)
def test_usual_names(names: Sequence[str]) -> None:
    check(names)


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("joy, anger", "contains ','"),
        ("joy;anger", "contains ';'; set `separator`"),
        ("joy|anger", r"contains '\|'"),
        ("joy anger", "consists of other labels"),
        ("joy/anger", "consists of other labels"),
        ('"joy"', "quotation mark"),
        ("'joy'", "quotation mark"),
        ("array(['joy']", "bracket"),
        ('joy" x', "quotation mark"),
        ("nan", "missing value"),
        ("None", "missing value"),
        ("NA", "missing value"),
        ("x" * 65, "longer than 64 characters"),
        ("joy\nanger", "control character"),
        ("Joy", "'Joy' differs only in case from 'joy' of train.csv:2"),
        ("jo\u200by", r"'jo\\u200by' differs only in its form from 'joy'"),
        ("ｊｏｙ", "differs only in its form from 'joy'"),
    ],
)
def test_likely_mistakes(name: str, problem: str) -> None:
    with pytest.raises(DatasetError, match=rf"train\.csv:4: label .*{problem}"):
        check(("joy", "anger", name))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (unicodedata.normalize("NFC", "gêné"), unicodedata.normalize("NFD", "gêné")),
        ("very happy", "very\u00a0happy"),
        ("very happy", "very  happy"),
        ("don't care", "don’t care"),
        ("self-pity", "self‑pity"),
        ("☺", "☺\ufe0f"),
        ("\ufeffjoy", "joy"),
        ("3", "3.0"),
        ("Straße", "STRASSE"),
    ],
)
def test_spellings_that_look_the_same(one: str, other: str) -> None:
    assert spelling_key(one) == spelling_key(other)
    with pytest.raises(DatasetError, match="differs only in"):
        check((one, other))


@given(st.text())
def test_spelling_keys_ignore_the_unicode_form(name: str) -> None:
    keys = {
        spelling_key(unicodedata.normalize(form, name)) for form in ("NFC", "NFD", "NFKC", "NFKD")
    }
    assert len(keys) == 1


@given(st.text(max_size=70))
@example("x" * 64)
@example("x" * 65)
@example("\u3000joy")
@example("joy\x1c")
@example("joy\x85")
def test_problems_are_those_of_manifests(name: str) -> None:
    try:
        TypeAdapter(Label).validate_python(name)
    except ValidationError:
        assert label_problem(name) is not None
    else:
        assert label_problem(name) is None


def test_halves_of_characters_are_refused() -> None:
    assert label_problem("joy\ud83d") == "contains half of a character (a lone surrogate)"
