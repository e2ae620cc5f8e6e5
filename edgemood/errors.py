"""The errors that this package raises.

Code that handles parts of a file (bits, encodings, vocabularies, models) does not know the file's
path and raises `LayoutError`. The code that opens the file wraps each part in `located_in`, which
turns such an error into an `ArtifactError` that names the file, the part and the fix.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

REPLACE = "get the file again or build it again"
UPGRADE = "upgrade edgemood"
ALLOW_MORE = "use a smaller variant or allow more"
_LONGEST = 500


class EdgemoodError(Exception):
    """Base class of all errors of this package."""


class LayoutError(EdgemoodError):
    """Arrays, settings or sizes are missing, unknown, malformed or inconsistent."""


class OversizedError(EdgemoodError):
    """Something would take more memory than the caller allows."""


class UnknownNameError(EdgemoodError):
    """A registry has no entry of this name; the message lists the known names."""

    def __init__(self, kind: str, name: str, known: Iterable[str]) -> None:
        self.kind, self.name, self.known = kind, name, tuple(known)
        super().__init__(f"unknown {kind} {name!r}; known: {', '.join(self.known)}")


class ScoreError(EdgemoodError):
    """A variant computed scores that are not finite; its weights are too large."""


class AdaptationError(EdgemoodError):
    """A variant cannot be adapted to these texts; the message says what to change."""


class ArtifactError(EdgemoodError):
    """A variant file cannot be used. The message is `path: part: problem; fix`."""

    def __init__(self, path: Path, *, part: str, problem: str, fix: str) -> None:
        self.path, self.part, self.fix = path, _shortened(part), fix
        self.problem = _shortened(problem)
        super().__init__(f"{path}: {self.part}: {self.problem}; {fix}")


class UnreadableFileError(ArtifactError):
    """The path is missing, is not a regular file, or cannot be read."""


class OversizedFileError(ArtifactError):
    """The file, or the memory that its network would take, is larger than the caller allows."""


class ForeignFileError(ArtifactError):
    """The file was not written by edgemood; it may be a valid file of another kind."""


class DamagedFileError(ArtifactError):
    """An edgemood file that was truncated, edited or corrupted."""


class IncompatibleFileError(ArtifactError):
    """A valid edgemood file that needs another version of edgemood, usually a newer one."""


def _shortened(text: str) -> str:
    """Names and values of a hostile file may be long; logs and responses repeat them."""
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"


@contextmanager
def located_in(path: Path, part: str) -> Iterator[None]:
    """Turn errors of the block into an `ArtifactError` that names the file and the part.

    Raises:
        IncompatibleFileError: the block raised `UnknownNameError`.
        OversizedFileError: it raised `OversizedError`.
        UnreadableFileError: it ran out of memory.
        DamagedFileError: it raised another error of this package, or one of a failed computation.
    """
    try:
        yield
    except UnknownNameError as error:
        raise IncompatibleFileError(path, part=part, problem=str(error), fix=UPGRADE) from error
    except OversizedError as error:
        raise OversizedFileError(path, part=part, problem=str(error), fix=ALLOW_MORE) from error
    except ArtifactError:
        raise
    except (MemoryError, SystemError) as error:  # numpy lacks memory without saying so at times
        problem, fix = "there is not enough memory", "free memory or use a smaller variant"
        raise UnreadableFileError(path, part=part, problem=problem, fix=fix) from error
    except (EdgemoodError, ValueError, ArithmeticError, RecursionError) as error:
        raise DamagedFileError(path, part=part, problem=str(error), fix=REPLACE) from error
