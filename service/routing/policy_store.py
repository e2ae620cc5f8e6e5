"""The routing policy on disk: one file that every worker reads and one of them may replace.

A change is written under a lock to a temporary file, flushed, put in place and flushed again, so
readers see the old policy or the new one. Readers compare the file's time, inode and size on each
request, which takes about two microseconds, and parse it only when those differ. A mounted
ConfigMap, which replaces files in the same way, works too.
"""

import json
import logging
import threading
from collections.abc import Callable
from pathlib import Path

from pydantic import ValidationError

from edgemood.atomic import atomic_write
from service.errors import InvalidFieldError, StalePolicyError
from service.routing.policy import MAX_VERSION, Policy, PolicyChange
from service.state.file_signature import FileSignature, file_signature
from service.state.lock import file_lock

logger = logging.getLogger(__name__)

FILE_NAME = "routing.json"
_LOCK_NAME = ".routing.lock"


class PolicyStore:
    """The policy of one state folder, and the default while there is no file."""

    def __init__(
        self,
        folder: Path,
        *,
        default: Policy,
        known: Callable[[], frozenset[str]],
        on_change: Callable[[Policy], None] = lambda _: None,
        on_invalid: Callable[[], None] = lambda: None,
    ) -> None:
        """Read the folder's policy.

        Args:
            folder: where `routing.json` lies, or will lie.
            default: what holds while the file is missing, and until it is first valid.
            known: the names that a change may use. A file may name others: which variants there
                are differs from worker to worker for a moment, and all must read it alike.
            on_change: called with each policy that comes into force in this process.
            on_invalid: called once for each version of the file that does not validate.
        """
        self._path = folder / FILE_NAME
        self._default, self._known = default, known
        self._on_change, self._on_invalid = on_change, on_invalid
        self._policy = default
        self._signature: FileSignature | None = None
        self._highest = 0
        self._loading = threading.Lock()
        self._load(file_signature(self._path))
        # Only what holds is announced: a worker that starts late must not announce the default
        # after another has announced a newer policy.
        on_change(self._policy)

    def current(self) -> Policy:
        """The policy as of now; the last good one where the file does not validate."""
        now = file_signature(self._path)
        if now != self._signature:
            with self._loading:
                before = self._policy
                self._load(file_signature(self._path))  # again: another thread may have read it
                if self._policy != before:
                    self._on_change(self._policy)
        return self._policy

    def replace(self, change: PolicyChange, *, expected: int | None) -> Policy:
        """Write a new policy.

        Args:
            change: the new policy, complete but for its version.
            expected: the version it is meant to replace, or None for whichever there is.

        Returns:
            The policy with its version, one above the version it replaces.

        Raises:
            InvalidFieldError: it names a variant that is not known.
            StalePolicyError: the version is another by now.
            UnavailableError: someone else holds the lock for too long.
            OSError: the folder cannot be written.
        """
        self._check_names(change)
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with file_lock(self._path.parent / _LOCK_NAME):
            version = self.current().version
            if expected is not None and expected != version:
                raise StalePolicyError(version)
            # Where the file was deleted, versions go on from the last one, so that an old ETag
            # never comes to mean another policy.
            policy = Policy(**change.model_dump(), version=max(version, self._highest) + 1)
            with atomic_write(self._path) as file:
                file.write(policy.as_json(indent=1))
            self.current()
        return policy

    def _check_names(self, change: PolicyChange) -> None:
        known = self._known()
        if (unknown := change.unknown(known)) is not None:
            field, _ = unknown
            names = ", ".join(sorted(known))
            raise InvalidFieldError(f"{field}: no variant of that name; there are: {names}")

    def _load(self, now: FileSignature | None) -> None:
        self._policy = self._default if now is None else self._read()
        self._highest = max(self._highest, self._policy.version)
        self._signature = now  # last: other threads trust the policy that goes with it

    def _read(self) -> Policy:
        try:
            policy = Policy.model_validate_json(self._path.read_bytes())
        except (OSError, ValidationError) as error:
            logger.error(
                "the routing policy on disk is not used: %s; version %d stays in force until a"
                " policy that fits is written to %s",
                _reason(error),
                self._policy.version,
                self._path,
            )
            self._highest = max(self._highest, _version_of(self._path))
            self._on_invalid()
            return self._policy
        return policy


def _version_of(path: Path) -> int:
    """The version that a policy which does not validate claims to have, where it can be told."""
    try:
        version = json.loads(path.read_bytes())["version"]
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return 0
    return version if isinstance(version, int) and 0 <= version < MAX_VERSION else 0


def _reason(error: Exception) -> str:
    if isinstance(error, ValidationError):
        first = error.errors(include_input=False)[0]
        return f"{FILE_NAME}: {'.'.join(map(str, first['loc']))}: {first['msg']}"
    return f"{FILE_NAME}: {error}"
