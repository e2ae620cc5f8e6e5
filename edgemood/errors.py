"""What can go wrong with a variant file, as types.

Code that works on parts of a file (bits, encodings, vocabularies, models) does not know the file's
path: it raises `LayoutError`. Whoever knows it turns that into an `ArtifactError`, which names
the file, the part and the fix; see `blamed_on`.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

REPLACE = "get the file again or build it again"
UPGRADE = "upgrade edgemood"


class EdgemoodError(Exception):
    """The base of every error this package raises on purpose."""


class LayoutError(EdgemoodError):
    """Arrays or settings do not make up the thing they are said to be."""


class UnknownNameError(EdgemoodError):
    """A name that no entry of a table carries; the message lists the names it could have been."""

    def __init__(self, kind: str, name: str, known: Iterable[str]) -> None:
        self.kind, self.name, self.known = kind, name, tuple(known)
        super().__init__(f"unknown {kind} {name!r}; known: {', '.join(self.known)}")


class ScoreError(EdgemoodError):
    """A variant gave scores that are not numbers; its weights are out of any sound range."""


class ArtifactError(EdgemoodError):
    """A variant file cannot be used. Says which file, which part of it, why, and what to do."""

    def __init__(self, path: Path, *, part: str, problem: str, fix: str) -> None:
        self.path, self.part, self.problem, self.fix = path, part, problem, fix
        super().__init__(f"{path}: {part}: {problem}; {fix}")


class UnreadableFileError(ArtifactError):
    """The file is missing, not a file, or the system refuses to read it."""


class ForeignFileError(ArtifactError):
    """A file, perhaps a sound one, that edgemood did not write."""


class DamagedFileError(ArtifactError):
    """An edgemood file whose content is not what was written: truncated, edited or corrupted."""


class IncompatibleFileError(ArtifactError):
    """A sound edgemood file that this version cannot run: it needs another, mostly a newer one."""


@contextmanager
def blamed_on(path: Path, part: str) -> Iterator[None]:
    """Turn an error that knows no path into an `ArtifactError` that names file and part."""
    try:
        yield
    except UnknownNameError as error:
        raise IncompatibleFileError(path, part=part, problem=str(error), fix=UPGRADE) from error
    except ArtifactError:
        raise
    except (EdgemoodError, ValueError, ArithmeticError, RecursionError) as error:
        raise DamagedFileError(path, part=part, problem=str(error), fix=REPLACE) from error
