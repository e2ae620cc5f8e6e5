"""The folder of variant files: which names it holds, without reading a file."""

import logging
import os
from itertools import islice
from pathlib import Path
from re import fullmatch

from edgemood.format.artifact import SUFFIX
from edgemood.format.manifest import VARIANT_NAME
from service.state.file_signature import FileSignature, file_signature, is_settled

logger = logging.getLogger(__name__)

MAX_VARIANTS = 256
"""Variant files of one folder; further ones are ignored."""
_MAX_ENTRIES = 10_000
"""Entries of the folder that are looked at."""


class VariantFolder:
    """Lists the folder again after a change.

    A folder that cannot be listed, or that holds no variant file at all, has vanished: it was
    unmounted, deleted or emptied by a failed deployment. It says nothing about single files.
    """

    def __init__(self, path: Path) -> None:
        """Store the path; nothing is listed."""
        self._path = path
        self._signature: FileSignature | None = None
        self._names: frozenset[str] | None = None
        self._reported: frozenset[str] = frozenset()
        """File names that were logged as ignored."""

    def file(self, name: str) -> Path:
        """The file of a variant."""
        return self._path / f"{name}{SUFFIX}"

    def has_changed(self) -> bool:
        """Whether a file may have been added or removed since the last listing."""
        return self._signature is None or file_signature(self._path) != self._signature

    def names(self, *, known: frozenset[str] = frozenset()) -> frozenset[str] | None:
        """The names of the variant files; None if the folder has vanished.

        Args:
            known: names that are kept first if there are more than `MAX_VARIANTS`.
        """
        if self.has_changed():
            signature = file_signature(self._path)
            self._names = self._listed(known)
            is_certain = self._names is not None and is_settled(signature)
            self._signature = signature if is_certain else None
        return self._names

    def _listed(self, known: frozenset[str]) -> frozenset[str] | None:
        try:
            with os.scandir(self._path) as entries:
                files = [e.name for e in islice(entries, _MAX_ENTRIES) if e.name.endswith(SUFFIX)]
        except OSError:
            return None
        names = {name.removesuffix(SUFFIX) for name in files}
        valid = {name for name in names if fullmatch(VARIANT_NAME, name)}
        kept = sorted(valid, key=lambda name: (name not in known, name))[:MAX_VARIANTS]
        self._report(frozenset(names - valid), frozenset(valid.difference(kept)))
        return frozenset(kept) or None

    def _report(self, misnamed: frozenset[str], surplus: frozenset[str]) -> None:
        """Log each ignored file once, as long as it is there."""
        for name in sorted(misnamed - self._reported):
            logger.error("%r is ignored: its name must match %s", name + SUFFIX, VARIANT_NAME)
        if surplus - self._reported:
            logger.error(
                "%d variant files are ignored, %r for one: a folder may have %d",
                len(surplus),
                min(surplus) + SUFFIX,
                MAX_VARIANTS,
            )
        self._reported = misnamed | surplus
