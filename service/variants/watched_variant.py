"""One variant over time: when its file is read, and what the variant is afterwards.

A classifier that answers is replaced only by another one that can answer. A file that was damaged,
cut or replaced by another kind of file leaves the last good classifier in place, and so does a file
that cannot be inspected. Only a removed file and an administrator withdraw a variant.
"""

import logging
import time
from dataclasses import replace
from pathlib import Path

from service.state.backoff import Backoff
from service.state.file_signature import FileSignature, file_signature, is_settled
from service.variants.loader import VariantLoader, file_size
from service.variants.variant import Variant

logger = logging.getLogger(__name__)

REMOVED = "the file was removed"
WITHDRAW_AFTER_S = 1.0
"""A file must be missing for this long: while a folder is deleted, its files go one by one."""


class WatchedVariant:
    """A variant of the folder, and the file that it follows. Not thread-safe."""

    def __init__(self, path: Path, loader: VariantLoader) -> None:
        """Store the path; the first call of `update` reads the file."""
        self._path, self._loader = path, loader
        self._signature: FileSignature | None = None
        """Of the file when it was last read; None if the variant was unloaded or removed since."""
        self._retry = Backoff()
        self._missing_since: float | None = None
        self.variant = Variant(path.stem, "failed", 0, problem="not read yet")
        self._is_new = True

    @property
    def is_removed(self) -> bool:
        """Whether the file was removed, and its variant withdrawn."""
        return self.variant.problem == REMOVED

    @property
    def removed_for_s(self) -> float:
        """Seconds since the file was found to be missing; 0 if it is there."""
        return 0.0 if self._missing_since is None else time.monotonic() - self._missing_since

    def update(self, *, is_listed: bool, is_unloaded: bool, at_once: bool = False) -> None:
        """Bring the variant up to date.

        Args:
            is_listed: whether the folder holds the file.
            is_unloaded: whether an administrator has unloaded the variant.
            at_once: read a file that failed at once, rather than after the delay.
        """
        if not is_listed:
            self._remove()
            return
        self._missing_since = None
        if is_unloaded:
            self._unload()
        elif self._must_be_read(at_once=at_once):
            self._read()

    def _must_be_read(self, *, at_once: bool) -> bool:
        if self.variant.state == "unloaded" or self._signature is None:
            return True
        if at_once and self.variant.problem is not None:
            return True
        return self._retry.is_due or file_signature(self._path) != self._signature

    def _read(self) -> None:
        signature = file_signature(self._path)
        if signature != self._signature:
            self._retry.reset()
        self._signature = signature
        variant = self._loader.load(self._path)
        if variant.classifier is None:
            self._retry.fail()
            self._keep_or_fail(variant)
        else:
            self._accept(variant)
            if is_settled(signature):
                self._retry.reset()
            else:
                self._retry.check_once_more()

    def _accept(self, variant: Variant) -> None:
        if variant == self.variant:
            return
        if not self._is_new:  # the start logs failures alone
            logger.info("variant %s is loaded", variant.name)
        self._set(variant)

    def _keep_or_fail(self, failed: Variant) -> None:
        """Keep a classifier that answers; the variant says that the file on disk is another one."""
        if self.variant.classifier is None:
            if failed.problem != self.variant.problem or self._is_new:
                logger.error("variant %s is not served: %s", failed.name, failed.problem)
                self._set(failed)
            return
        problem = f"the file on disk is not used: {failed.problem}"
        if problem != self.variant.problem:
            logger.error("variant %s keeps its last good file: %s", failed.name, failed.problem)
            self._set(replace(self.variant, problem=problem))

    def _unload(self) -> None:
        self._retry.reset()
        self._signature = None
        size = file_size(self._path)
        if self.variant.state != "unloaded":
            logger.info("variant %s is unloaded", self._path.stem)
        if (self.variant.state, self.variant.file_bytes) != ("unloaded", size):
            self._set(Variant(self._path.stem, "unloaded", size))

    def _remove(self) -> None:
        if self._missing_since is None:
            self._missing_since = time.monotonic()
        if self.is_removed or self.removed_for_s < WITHDRAW_AFTER_S:
            return
        self._signature = None
        logger.error("variant %s is not served: %s", self._path.stem, REMOVED)
        self._retry.reset()
        self._set(Variant(self._path.stem, "failed", 0, problem=REMOVED))

    def _set(self, variant: Variant) -> None:
        self.variant, self._is_new = variant, False
