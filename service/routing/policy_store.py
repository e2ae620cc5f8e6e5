"""The routing policy on disk: one file that every worker reads and any worker may replace.

A writer holds a lock, writes a temporary file, flushes it and renames it, so a reader sees either
the old policy or the new one. A mounted ConfigMap works the same way. Requests use the policy in
memory; comparing the file's signature, which takes a few microseconds, tells whether to read it.

A policy in force is replaced only by a file that validates and names at least one variant that can
answer. Until then the last good policy stays in force, and the problem is reported.
"""

import json
import logging
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Literal

from pydantic import ValidationError

from edgemood.atomic import atomic_write
from service.errors import InvalidFieldError, StalePolicyError, UnavailableError
from service.routing.policy import MAX_VERSION, Policy, PolicyChange
from service.routing.policy_copy import PolicyCopy
from service.state.file_signature import FileSignature
from service.state.lock import LOCK_TIMEOUT_S, file_lock
from service.state.small_file import FileReadError
from service.state.watched_file import WatchedFile

logger = logging.getLogger(__name__)

Rejection = Literal["invalid", "unresolvable"]
"""Why the file is not in force: it is not a policy, or no variant that it names can answer."""

FILE_NAME = "routing.json"
WAIT_S = 0.25
"""A reader that is slow, because its disk is, delays others by no more than this."""
_MAX_PROBLEMS = 256
"""Describing a hundred thousand wrong fields would take a second and 100 MB."""
_MAX_QUOTED_CHARACTERS = 128
"""The name of a wrong field is cut to this length in the log."""
_LOCK_NAME = ".routing.lock"


class PolicyStore:
    """The policy of one state folder; a default while the folder has no policy file."""

    def __init__(
        self,
        folder: Path,
        *,
        default: Callable[[], Policy],
        known: Callable[[], frozenset[str]],
        can_answer: Callable[[Policy], bool] = lambda _: True,
        copy: PolicyCopy | None = None,
        on_change: Callable[[Policy], None] = lambda _: None,
        on_reject: Callable[[Rejection], None] = lambda _: None,
    ) -> None:
        """Read the folder's policy.

        Args:
            folder: holds `routing.json`; need not exist.
            default: returns the policy that is in force while the file is missing, and until it is
                first valid.
            known: returns the names that a change may use. The file itself may name others: workers
                notice a new variant at different times, and all must read the file alike.
            can_answer: whether a policy names at least one loaded variant. If the policy of the
                file does not, `reconsider` decides again.
            copy: keeps the last good policy of the file for the next start; None: nothing does.
            on_change: called with each policy that comes into force in this process.
            on_reject: called once for each version of the file that does not come into force.
        """
        self._path = folder / FILE_NAME
        self._file = WatchedFile(self._path)
        self._default, self._known, self._can_answer = default, known, can_answer
        self._on_change, self._on_reject = on_change, on_reject
        self._copy = copy or PolicyCopy(None)
        self._policy = self._copy.read()
        """The last good policy of the file; None while the default is in force."""
        self._in_force = self._policy or default()
        self._waiting: Policy | None = None
        """The policy of the file, if no variant that it names can answer."""
        self._problem: str | None = None
        self._rejected: FileSignature | None = None
        """The version of the file that was last rejected."""
        self._highest_version = 0
        self._loading = threading.Lock()
        self._load_if_changed()
        if self._file.signature is None:
            self._forget()
        self._settle()
        # Only the policy in force is announced: a worker that starts late must not announce the
        # default after another worker has announced a newer policy.
        on_change(self._in_force)

    @property
    def in_force(self) -> Policy:
        """The policy in force, as of the last look at the file; for requests."""
        return self._in_force

    @property
    def problem(self) -> str | None:
        """Why the file on disk is not in force; None if it is, or if there is no file."""
        return self._problem

    def has_changed(self) -> bool:
        """Whether the file should be read; inspects it, and does not read it."""
        return self._file.has_changed()

    def current(self) -> Policy:
        """The policy in force, after reading the file if it has changed."""
        if self._file.has_changed():
            self._update(self._load_if_changed)
        return self._in_force

    def reconsider(self) -> None:
        """Decide again after the variants have changed: they may fit the policy of the file now."""
        self._update(lambda: None)

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
            UnavailableError: another process or thread holds a lock for too long.
            OSError: the folder cannot be written.
        """
        self.check_names(change)
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with file_lock(self._path.parent / _LOCK_NAME):
            if not self._update(self._load_if_changed, wait_s=LOCK_TIMEOUT_S):
                raise UnavailableError(f"{FILE_NAME} is still being read; try again")
            version = self._in_force.version
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

    def _update(self, load: Callable[[], None], *, wait_s: float | None = None) -> bool:
        """Load and decide; False if another thread is doing so for longer than `wait_s`."""
        if not self._loading.acquire(timeout=WAIT_S if wait_s is None else wait_s):
            return False
        try:
            before = self._in_force
            load()
            self._settle()
            if self._in_force != before:
                self._on_change(self._in_force)
        finally:
            self._loading.release()
        return True

    def _load_if_changed(self) -> None:
        if self._file.has_changed():  # again: another thread may have read it
            self._load()

    def _load(self) -> None:
        """Read the file into `_waiting`; `_settle` decides whether it comes into force."""
        content: bytes | None = None
        try:
            content = self._file.read()
            self._waiting = None if content is None else Policy.model_validate_json(content)
        except (FileReadError, ValidationError, MemoryError) as error:
            self._waiting = None
            self._note_version(_claimed_version(content or b""))
            self._reject("invalid", _reason(error))
            return
        if content is None:
            self._forget()

    def _forget(self) -> None:
        """Return to the default: there is no file."""
        self._policy, self._problem = None, None
        self._copy.remove()

    def _settle(self) -> None:
        """Put the policy of the file into force if it can answer."""
        if self._waiting is not None:
            self._note_version(self._waiting.version)
            if self._can_answer(self._waiting):
                self._policy, self._waiting, self._problem = self._waiting, None, None
                self._copy.write(self._policy)
            else:
                self._reject("unresolvable", f"{FILE_NAME}: no variant that it names can answer")
        self._in_force = self._policy or self._default()

    def _note_version(self, version: int) -> None:
        self._highest_version = max(self._highest_version, version)

    def _reject(self, rejection: Rejection, problem: str) -> None:
        if (problem, self._file.signature) == (self._problem, self._rejected):
            return  # reported before; this is another attempt
        self._problem, self._rejected = problem, self._file.signature
        logger.error(
            "the routing policy on disk is not used: %s; version %d stays in force until %s holds a"
            " policy that can be used",
            problem,
            self._in_force.version,
            self._path,
        )
        self._on_reject(rejection)


def _claimed_version(content: bytes) -> int:
    """The version in a policy file that does not validate; 0 if it has none."""
    try:
        version = json.loads(content)["version"]
    except (ValueError, KeyError, TypeError, RecursionError, MemoryError):
        return 0
    return version if isinstance(version, int) and 0 <= version < MAX_VERSION else 0


def _reason(error: Exception) -> str:
    if not isinstance(error, ValidationError):
        return f"{FILE_NAME}: {str(error) or type(error).__name__}"
    if (count := error.error_count()) > _MAX_PROBLEMS:
        return f"{FILE_NAME}: {count:,} fields are unknown or wrong"
    first = error.errors(include_input=False, include_url=False)[0]
    where = ascii(".".join(map(str, first["loc"])))[1:-1]  # names are the writer's: no line breaks
    return f"{FILE_NAME}: {where[:_MAX_QUOTED_CHARACTERS]}: {first['msg']}"
