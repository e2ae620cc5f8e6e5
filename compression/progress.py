"""Progress messages on standard error, between progress bars."""

import io
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr
from typing import TextIO

from tqdm import tqdm


def log(line: str) -> None:
    """Print one line without breaking a progress bar."""
    tqdm.write(line, file=sys.stderr)


@contextmanager
def lines_named(name: str) -> Iterator[None]:
    """Print every line on standard error after a name, and no progress bars.

    For processes beside each other, whose bars would overwrite each other.
    """
    with redirect_stderr(_NamedLines(name, sys.stderr)):
        yield


class _NamedLines(io.StringIO):
    """Writes whole lines. tqdm shows no bars since this is no terminal."""

    def __init__(self, name: str, file: TextIO) -> None:
        super().__init__()
        self._name, self._file, self._begun = name, file, ""

    def write(self, text: str) -> int:
        *lines, self._begun = f"{self._begun}{text}".split("\n")
        for line in lines:
            self._file.write(f"{self._name}: {line}\n")  # at once: other processes write, too
        return len(text)
