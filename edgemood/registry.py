"""Explicit tables of extensions: encodings, architectures, vocabularies, compression methods.

Each table is written in the `__init__` of the package that holds the implementations. A reader
finds every entry in one place, and a new entry is one line.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import TypeVar

from edgemood.errors import UnknownNameError

T = TypeVar("T")


class Registry(Mapping[str, T]):
    """A read-only mapping from names to entries.

    A failed look-up raises `UnknownNameError`, whose message lists the known names.

    Args:
        kind: what the entries are, for messages.
        entries: pairs of name and entry.

    Raises:
        ValueError: two entries have the same name.
    """

    def __init__(self, kind: str, entries: Iterable[tuple[str, T]]) -> None:
        self._kind = kind
        self._entries: dict[str, T] = {}
        for name, entry in entries:
            if name in self._entries:
                raise ValueError(f"two {kind} entries are named {name!r}")
            self._entries[name] = entry

    def __getitem__(self, name: str) -> T:
        if name not in self._entries:
            raise UnknownNameError(self._kind, name, self._entries)
        return self._entries[name]

    def __contains__(self, name: object) -> bool:
        return name in self._entries

    def __iter__(self) -> Iterator[str]:
        return iter(self._entries)

    def __len__(self) -> int:
        return len(self._entries)
