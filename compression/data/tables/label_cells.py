"""What the labels of a row mean: names with a separator, or numbers of names."""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

from compression.data.labels import LabelsError, label_names
from compression.data.readers.content import read_content
from compression.data.readers.record import Place
from compression.errors import DatasetError
from compression.text_files import lines_of

SEPARATORS = (",", ";", "|")
_ID = re.compile(r"(\d+)(?:\.0+)?")
_IDS = re.compile(r"\d+(?: +\d+)*")
_NUMBERED = re.compile(r"(\d+)(?:\s*[\t,;:]\s*| +)(\S.*)")


@dataclass(frozen=True)
class NumberedNames:
    """Names of labels that rows refer to by number."""

    names: tuple[str, ...]
    first: int = 0
    """The number of the first name."""

    @property
    def last(self) -> int:
        return self.first + len(self.names) - 1


@dataclass(frozen=True)
class LabelCells:
    """How the labels of one row are written."""

    separator: str = ","
    numbered: NumberedNames | None = None
    """If the labels are numbers of names."""

    def names(self, value: object) -> tuple[str, ...]:
        """The names of the labels of a row.

        Raises:
            LabelsError: the value lists no labels, or a number that no name has.
        """
        found = label_names(value, self.separator)
        if self.numbered is None:
            return found
        return tuple(dict.fromkeys(self._name(one, self.numbered) for one in found))

    def _name(self, number: str, numbered: NumberedNames) -> str:
        found = _ID.fullmatch(number)
        position = int(found[1]) - numbered.first if found else -1
        if not 0 <= position < len(numbered.names):
            raise LabelsError(
                f"unknown label id {number!r}; ids are {numbered.first} to {numbered.last}"
            )
        return numbered.names[position]


def find_label_cells(
    values: Sequence[object], separator: str | None, listed: NumberedNames | None
) -> LabelCells:
    """How labels are written, from all values of the column in the training files.

    Args:
        values: of the column.
        separator: of the recipe, if it states one.
        listed: all labels, if the recipe or a file lists them.
    """
    names = listed.names if listed else ()
    separator = separator or _separator(values, names)
    if listed is None or any(_ID.fullmatch(name) for name in names):
        return LabelCells(separator)
    return LabelCells(separator, listed if _are_ids(values, separator) else None)


def read_label_list(path: Path, *, first: int = 0) -> NumberedNames:
    """The names in a file: one a line, each after its number if lines begin with numbers.

    Raises:
        DatasetError: the file is unreadable or empty, or its numbers do not follow each other.
    """
    lines = [line.strip() for line in lines_of(read_content(path).text) if line.strip()]
    if not lines:
        raise DatasetError(f"{path}: the file is empty")
    numbered = [found for line in lines if (found := _NUMBERED.fullmatch(line))]
    if len(numbered) < len(lines):
        return NumberedNames(tuple(lines), first)
    by_number = {int(found[1]): found[2] for found in numbered}
    first = min(by_number)
    if sorted(by_number) != list(range(first, first + len(lines))):
        raise Place(path, 1).error("the numbers of the labels must follow each other, each once")
    return NumberedNames(tuple(by_number[number] for number in sorted(by_number)), first)


def _separator(values: Sequence[object], listed: Sequence[str]) -> str:
    cells = {value.strip() for value in values if isinstance(value, str)}
    if not listed:
        return next((mark for mark in SEPARATORS if any(mark in cell for cell in cells)), ",")
    # A name such as `1 2` is possible, unless other names are listed.
    if not any(map(_IDS.fullmatch, listed)) and _are_spaced_ids(cells):
        return " "
    known = frozenset(listed)
    return max(SEPARATORS, key=lambda mark: sum(_all_known(cell, mark, known) for cell in cells))


def _all_known(cell: str, separator: str, listed: Collection[str]) -> bool:
    """Whether all parts of a cell are listed names or numbers."""
    parts = [part.strip() for part in cell.split(separator)]
    return all(part in listed or _ID.fullmatch(part) for part in parts)


def _are_spaced_ids(cells: Collection[str]) -> bool:
    return any(" " in cell for cell in cells) and all(
        _IDS.fullmatch(cell) for cell in cells if cell
    )


def _are_ids(values: Sequence[object], separator: str) -> bool:
    """Whether most rows with labels have numbers; the others are odd."""
    found = []
    for value in values:
        try:
            found.append(label_names(value, separator))
        except LabelsError:
            continue
    given = [names for names in found if names]
    numbers = [names for names in given if all(map(_ID.fullmatch, names))]
    return len(numbers) > len(given) / 2
