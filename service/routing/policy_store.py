"""The routing policy on disk: one file that every worker reads and any worker may replace.

A writer holds a lock, writes a temporary file, flushes it and renames it, so a reader sees either
the old policy or the new one. A reader compares the file's signature at each request, which takes
about two microseconds, and parses the file only after a change. A mounted ConfigMap works the same
way.
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
    """The policy of one state folder; a default while the folder has no policy file."""

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
            folder: holds `routing.json`; need not exist.
            default: in force while the file is missing, and until it is first valid.
            known: returns the names that a change may use. The file itself may name others: workers
                notice a new variant at different times, and all must read the file alike.
            on_change: called with each policy that comes into force in this process.
            on_invalid: called once for each version of the file that does not validate.
        """
        self._path = folder / FILE_NAME
        self._default, self._known = default, known
        self._on_change, self._on_invalid = on_change, on_invalid
        self._policy = default
        self._signature: FileSignature | None = None
        self._highest_version = 0
        self._loading = threading.Lock()
        self._load(file_signature(self._path))
        # Only the policy in force is announced: a worker that starts late must not announce the
        # default after another worker has announced a newer policy.
        on_change(self._policy)

    def current(self) -> Policy:
        """The policy in force; the last valid one if the file does not validate."""
        if file_signature(self._path) != self._signature:
            with self._loading:
                before = self._policy
                self._load(file_signature(self._path))  # again: another thread may have read it
                if self._policy != before:
                    self._on_change(self._policy)
        return self._policy

    def check_names(self, change: PolicyChange) -> None:
        """Refuse a change that names an unknown variant.

        Raises:
            InvalidFieldError: with the field and the known names.
        """
        known = self._known()
        if (unknown := change.first_unknown(known)) is not None:
            field, _ = unknown
            names = ", ".join(sorted(known))
            raise InvalidFieldError(f"{field}: no variant of that name; there are: {names}")

    def replace(self, change: PolicyChange, *, expected: int | None) -> Policy:
        """Write a new policy.

        Args:
            change: the new policy, without its version.
            expected: the version that it replaces, or None for any.

        Returns:
            The policy with its version, one above the version that it replaces.

        Raises:
            InvalidFieldError: the change names an unknown variant.
            StalePolicyError: the current version is not the expected one.
            UnavailableError: another process holds the lock for too long.
            OSError: the folder cannot be written.
        """
        self.check_names(change)
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with file_lock(self._path.parent / _LOCK_NAME):
            version = self.current().version
            if expected is not None and expected != version:
                raise StalePolicyError(version)
            # Versions continue after the file was deleted, so that an old ETag never matches
            # another policy.
            new_version = max(version, self._highest_version) + 1
            policy = Policy(**change.model_dump(), version=new_version)
            with atomic_write(self._path) as file:
                file.write(policy.as_json(indent=1))
            self.current()
        return policy

    def _load(self, signature: FileSignature | None) -> None:
        self._policy = self._default if signature is None else self._read()
        self._highest_version = max(self._highest_version, self._policy.version)
        self._signature = signature  # last: a thread that sees it reads `_policy` without the lock

    def _read(self) -> Policy:
        try:
            return Policy.model_validate_json(self._path.read_bytes())
        except (OSError, ValidationError) as error:
            logger.error(
                "the routing policy on disk is not used: %s; version %d stays in force until %s"
                " holds a valid policy",
                _reason(error),
                self._policy.version,
                self._path,
            )
            self._highest_version = max(self._highest_version, _claimed_version(self._path))
            self._on_invalid()
            return self._policy


def _claimed_version(path: Path) -> int:
    """The version in a policy file that does not validate; 0 if it has none."""
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
