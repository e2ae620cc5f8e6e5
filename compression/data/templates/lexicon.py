"""The lexicon: words and phrases by the place that they take in a sentence, and the templates."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from itertools import chain
from pathlib import Path
from typing import Any

from compression.data.templates.template import Template

_FOLDER = Path(__file__).parent / "lexicon"


@dataclass(frozen=True)
class Lexicon:
    """Words and templates.

    Attributes:
        words: by slot, in the order of the files. A word of a verb has its four forms, see `Slot`.
        templates: by the slot whose words they are filled with; each template has that slot.
    """

    words: Mapping[str, tuple[str, ...]]
    templates: Mapping[str, tuple[Template, ...]]


@cache
def lexicon() -> Lexicon:
    """The lexicon of this package."""
    by_family = {**_read("feelings"), **_read("situations")}
    words = {
        slot: tuple(chain.from_iterable(map(_entries, families.values())))
        for slot, families in by_family.items()
    }
    words |= {slot: _entries(entries) for slot, entries in _read("ordinary")["slots"].items()}
    templates = {
        slot: tuple(map(Template.parse, lines.splitlines()))
        for slot, lines in _read("templates")["templates"].items()
    }
    return Lexicon(words, templates)


def _read(name: str) -> dict[str, Any]:
    return tomllib.loads((_FOLDER / f"{name}.toml").read_text(encoding="utf-8"))


def _entries(value: str | list[str]) -> tuple[str, ...]:
    """The strings of a list, or the parts of one string that are separated by commas."""
    if isinstance(value, list):
        return tuple(value)
    return tuple(" ".join(entry.split()) for entry in value.split(","))
