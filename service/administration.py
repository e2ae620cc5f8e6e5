"""Changes that an administrator makes at run time: loaded variants and the routing policy.

The operations keep one invariant: the policy's reference is loaded, since it answers in place of
every variant that cannot. Loading and routing are stored in two files, so a check in either file
alone would leave a race between two workers. Both changes therefore check and write under one lock,
which excludes all threads and processes that use the same state folder.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from service.errors import InUseError, NotLoadedError, UnavailableError
from service.routing.policy import Policy, PolicyChange
from service.routing.policy_store import PolicyStore
from service.state.lock import file_lock
from service.variants.load_state import LoadState
from service.variants.repository import VariantRepository
from service.variants.variant import Variant

_LOCK_NAME = ".reference.lock"


class Administration:
    """Loads and unloads variants and replaces the policy, for all workers of a state folder.

    Every refusal is a `ServiceError` with the message for the caller; a refused operation writes
    nothing and does not create the state folder.
    """

    def __init__(
        self,
        folder: Path,
        *,
        repository: VariantRepository,
        load_state: LoadState,
        policy: PolicyStore,
    ) -> None:
        """Combine the parts of one worker.

        Args:
            folder: the state folder, which `load_state` and `policy` use as well.
            repository: the variants, which apply `load_state`.
            load_state: the list of unloaded variants.
            policy: the routing policy.
        """
        self._folder, self._repository = folder, repository
        self._load_state, self._policy = load_state, policy

    def load(self, name: str) -> Variant:
        """Load a variant.

        Returns:
            The loaded variant.

        Raises:
            UnknownVariantError: no variant has that name.
            UnavailableError: its file cannot be used, or the state folder cannot be written.
        """
        self._check_exists(name)
        with _write_errors():
            self._load_state.load(name)
        variant = self._reread(name)
        if variant.classifier is None:
            raise UnavailableError(f"it cannot be loaded: {variant.problem}")
        return variant

    def unload(self, name: str) -> Variant:
        """Unload a variant unless it is the policy's reference.

        Returns:
            The unloaded variant.

        Raises:
            InUseError: it is the reference.
            UnknownVariantError: no variant has that name.
            UnavailableError: the state folder cannot be written, or its lock is held for too long.
        """
        self._check_not_reference(name)
        self._check_exists(name)
        with self._lock():
            self._check_not_reference(name)  # again: another worker may have changed the policy
            self._load_state.unload(name)
        return self._reread(name)

    def replace_policy(self, change: PolicyChange, *, expected: int | None) -> Policy:
        """Replace the policy if its reference is loaded.

        Args:
            change: the new policy, without its version.
            expected: the version that it replaces, or None for any.

        Returns:
            The policy with its version.

        Raises:
            NotLoadedError: the reference is not loaded.
            InvalidFieldError: the change names an unknown variant.
            StalePolicyError: the current version is not the expected one.
            UnavailableError: the state folder cannot be written, or its lock is held for too long.
        """
        self._check_is_loaded(change.reference)
        self._policy.check_names(change)
        with self._lock():
            self._check_is_loaded(change.reference)  # again: another worker may have unloaded it
            return self._policy.replace(change, expected=expected)

    @contextmanager
    def _lock(self) -> Iterator[None]:
        with _write_errors():
            self._folder.mkdir(parents=True, exist_ok=True)
            with file_lock(self._folder / _LOCK_NAME):
                yield

    def _check_exists(self, name: str) -> None:
        self._repository.refresh_now()
        self._repository.find(name)

    def _check_not_reference(self, name: str) -> None:
        if name == self._policy.current().reference:
            raise InUseError

    def _check_is_loaded(self, name: str) -> None:
        """Refuse a reference that is not loaded; the policy store refuses unknown names."""
        self._repository.refresh_now()
        variant = self._repository.variants.get(name)
        if variant is not None and variant.classifier is None:
            raise NotLoadedError(name)

    def _reread(self, name: str) -> Variant:
        self._repository.refresh_now(retry=name)
        return self._repository.find(name)


@contextmanager
def _write_errors() -> Iterator[None]:
    """Report that the state folder cannot be written as an error for the caller."""
    try:
        yield
    except OSError as error:
        raise UnavailableError(
            f"the change cannot be written: {error.strerror}; EMOTION_STATE names the folder"
        ) from error
