"""The generated tables are what Unicode says, and small."""

import importlib.util
import itertools
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

from edgemood.text.characters import code_points
from edgemood.text.normalization import tables
from edgemood.text.normalization.letters import MARK_RANGES, fold_letters


def load_generator() -> ModuleType:
    path = Path(__file__).with_name("generate_tables.py")
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


generator = load_generator()
MARKS = [c for c in code_points(MARK_RANGES) if unicodedata.normalize("NFC", c) == c]
DOTTED_CAPITAL_I, DECOMPOSED_CAPITAL_I = "\u0130", "I\u0307"
"""The only composed letter that is not in the tables. Its lower case is `i` in either form."""


def test_the_committed_file_is_what_the_generator_writes() -> None:
    assert Path(tables.__file__).read_text(encoding="utf-8") == generator.source()


def test_the_tables_take_less_than_4_kilobytes() -> None:
    entries = [mark + pairs for mark, pairs in tables.COMPOSED.items()]
    assert len("".join([tables.FOLDED, tables.LIGATURES, *entries]).encode()) < 4096


def test_every_fold_is_read_back() -> None:
    for variant, letters in generator.folds().items():
        assert fold_letters(variant) == letters.replace("`", "'")


def test_every_letter_is_composed_from_every_equivalent_spelling() -> None:
    for letter in generator.LETTERS - {DOTTED_CAPITAL_I}:
        for spelling in spellings(letter):
            assert fold_letters(spelling) == fold_letters(letter)


def spellings(letter: str) -> Iterator[str]:
    base, *marks = unicodedata.normalize("NFD", letter)
    if base.lower() not in generator.LETTERS:  # U+0292, with a caron
        return
    for order in itertools.permutations(marks):
        spelling = base + "".join(order)
        if unicodedata.normalize("NFC", spelling) == letter:
            for end in range(len(spelling) + 1):
                yield unicodedata.normalize("NFC", spelling[:end]) + spelling[end:]


def test_marks_compose_as_in_unicode_or_are_dropped() -> None:
    for base, mark in itertools.product("aeiouyAEIOUYncszгиΑαι", MARKS):
        if base + mark != DECOMPOSED_CAPITAL_I:
            composed = unicodedata.normalize("NFC", base + mark)
            expected = composed if composed in generator.LETTERS else base
            assert fold_letters(base + mark) == expected
