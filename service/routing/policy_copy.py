"""A copy of the last good policy, for a worker that starts while the policy file is bad.

It lies in the service's own folder rather than in the state folder, which may be read-only or gone.
An error in writing or reading the copy has no other effect.
"""

import hashlib
import logging
import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from pydantic import ValidationError

from edgemood.atomic import atomic_write
from service.routing.policy import Policy
from service.state.small_file import FileReadError, read_small_file

logger = logging.getLogger(__name__)

VARIABLE = "EDGEMOOD_HOME"
"""Names the service's own folder; set by the process that starts the workers."""
_DIGITS = 16


class PolicyCopy:
    """The copy for one state folder."""

    def __init__(self, path: Path | None) -> None:
        """Store the path; None: there is no copy."""
        self._path = path

    @classmethod
    def of_state(cls, state: Path, environment: Mapping[str, str] = os.environ) -> "PolicyCopy":
        """The copy for a state folder, if the environment names a folder to keep it in."""
        home = environment.get(VARIABLE)
        if not home:
            return cls(None)
        name = hashlib.sha256(os.fsencode(state.absolute())).hexdigest()[:_DIGITS]
        return cls(Path(home) / f"routing-{name}.json")

    def read(self) -> Policy | None:
        """The policy; None if there is no copy, or none that can be read."""
        if self._path is None:
            return None
        try:
            return Policy.model_validate_json(read_small_file(self._path))
        except (FileReadError, ValidationError, MemoryError):
            return None

    def write(self, policy: Policy) -> None:
        """Replace the copy, unless another worker has done so."""
        if self._path is None or self.read() == policy:
            return
        try:
            with atomic_write(self._path) as file:
                file.write(policy.as_json())
        except OSError as error:
            logger.warning("no copy of the routing policy is kept: %s", error.strerror)

    def remove(self) -> None:
        """Forget the policy: an administrator has removed it."""
        if self._path is not None:
            with suppress(OSError):
                self._path.unlink()
