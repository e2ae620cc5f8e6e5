"""The variants of a folder, as of the last look at it; a look is called a scan.

Requests read what is in memory and never touch a file. A background thread scans about twice a
second, and calls that must see a change at once scan on a thread of their own. Files can therefore
be added, replaced and removed without a restart, and all workers agree.
"""

import gc
import logging
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from edgemood import Classifier
from service.errors import UnavailableError, UnknownVariantError
from service.observability import variant_gauges
from service.variants.folder import VariantFolder
from service.variants.load_state import LoadState
from service.variants.loader import VariantLoader
from service.variants.variant import Variant
from service.variants.watched_variant import WatchedVariant

logger = logging.getLogger(__name__)

WAIT_S = 0.25
"""A scan that is slow, because the disk is, delays a request by no more than this."""
ADMIN_WAIT_S = 5.0
"""The same for admin calls, which need the result."""
FORGET_AFTER_S = 3600.0
"""The name of a removed file is kept this long: Prometheus should scrape its last counts."""
_MIN_INTERVAL_S = 0.1
"""Requests for unknown names start a scan no more often than this."""


class VariantRepository:
    """Every variant file of a folder. A file that cannot be used is listed as `failed`."""

    def __init__(
        self,
        folder: Path,
        *,
        load_state: LoadState | None = None,
        on_change: Callable[[], None] = lambda: None,
        in_use: Callable[[], frozenset[str]] = frozenset,
        loader: VariantLoader | None = None,
    ) -> None:
        """Load the variants of the folder.

        Args:
            folder: holds the variant files.
            load_state: the list of unloaded variants; None: all are loaded.
            on_change: called after a later scan that added, removed, loaded or unloaded a variant.
            in_use: returns the names that must not be forgotten.
            loader: reads the files; None: one with the default limits.
        """
        self._folder, self._load_state = VariantFolder(folder), load_state
        self._on_change, self._in_use = on_change, in_use
        self._loader = loader or VariantLoader()
        self._watched: dict[str, WatchedVariant] = {}
        self._variants: Mapping[str, Variant] = {}
        self._unloaded: frozenset[str] = frozenset()
        self._has_vanished = False
        """Whether the folder was gone, unreadable or without variant files at the last scan."""
        self._searched_at = -_MIN_INTERVAL_S
        self._scanning = threading.Lock()
        self._scan()

    @property
    def names(self) -> frozenset[str]:
        """All names. The name of a removed file stays for `FORGET_AFTER_S`."""
        return frozenset(self._variants)

    @property
    def variants(self) -> Mapping[str, Variant]:
        """All variants by name, in alphabetical order."""
        return self._variants

    @property
    def loaded(self) -> Mapping[str, Classifier]:
        """The classifiers of the loaded variants."""
        return {v.name: v.classifier for v in self._variants.values() if v.classifier is not None}

    @property
    def usable(self) -> frozenset[str]:
        """Names of the variants that did not fail, unloaded ones included."""
        return frozenset(v.name for v in self._variants.values() if v.state != "failed")

    def file(self, name: str) -> Path:
        """The path of a variant's file, which need not exist."""
        return self._folder.file(name)

    def find(self, name: str) -> Variant:
        """A variant in any state, as of the last scan.

        Raises:
            UnknownVariantError: no variant has that name.
        """
        try:
            return self._variants[name]
        except KeyError:
            raise UnknownVariantError(self._variants) from None

    def refresh(self, *, wait_s: float = WAIT_S) -> bool:
        """Scan, which takes a few microseconds a file if nothing has changed.

        Returns:
            Whether the scan took place: False if another one is still running after `wait_s`.
        """
        return self._exclusively(wait_s, self._scan)

    def refresh_now(self, *, retry: str | None = None) -> None:
        """Scan for an administrator.

        Args:
            retry: a variant whose file is read again at once, if it failed.

        Raises:
            UnavailableError: another scan does not end.
        """
        if not self._exclusively(ADMIN_WAIT_S, lambda: self._scan(retry=retry)):
            raise UnavailableError("the variants folder is still being read; try again")

    def load_state_has_changed(self) -> bool:
        """Whether a variant was loaded or unloaded; reads no file, so requests can ask."""
        if self._load_state is None:
            return False
        return self._load_state.has_changed() or self._load_state.last_read != self._unloaded

    def search(self) -> None:
        """Look for new files, at most ten times a second, for a request with an unknown name."""
        now = time.monotonic()
        if now - self._searched_at >= _MIN_INTERVAL_S and self._folder.has_changed():
            self._searched_at = now
            self.refresh()

    def _exclusively(self, wait_s: float, scan: Callable[[], bool]) -> bool:
        if not self._scanning.acquire(timeout=wait_s):
            return False
        try:
            has_changed = scan()
        finally:
            self._scanning.release()
        if has_changed:
            gc.collect()  # frees replaced classifiers now rather than at the next collection
            self._on_change()
        return True

    def _scan(self, *, retry: str | None = None) -> bool:
        """Bring every variant up to date.

        Returns:
            Whether a variant changed.
        """
        before = self._variants
        unloaded = self._load_state.unloaded() if self._load_state else frozenset()
        listed = self._listed()
        for name in sorted(listed.difference(self._watched)):
            self._watched[name] = WatchedVariant(self._folder.file(name), self._loader)
        for name, watched in self._watched.items():
            is_unloaded = name in unloaded
            if self._has_vanished and is_unloaded == (watched.variant.state == "unloaded"):
                continue  # a folder that vanished withdraws nothing
            watched.update(is_listed=name in listed, is_unloaded=is_unloaded, at_once=name == retry)
        self._forget()
        self._variants = {name: self._watched[name].variant for name in sorted(self._watched)}
        self._unloaded = unloaded
        return self._publish_changes(before)

    def _listed(self) -> frozenset[str]:
        """The names in the folder; those of the last scan if it has vanished."""
        present = {name for name, watched in self._watched.items() if not watched.is_removed}
        listed = self._folder.names(known=frozenset(present))
        if (listed is None) != self._has_vanished:
            self._has_vanished = listed is None
            variant_gauges.publish_folder(is_readable=listed is not None)
            if listed is None:
                logger.error("the variants folder has no variant files; all variants stay loaded")
            else:
                logger.info("the variants folder has variant files again")
        return frozenset(present) if listed is None else listed

    def _forget(self) -> None:
        """Drop variants whose files were removed long ago."""
        old = {
            name
            for name, watched in self._watched.items()
            if watched.is_removed and watched.removed_for_s >= FORGET_AFTER_S
        }
        for name in old and old - self._in_use():
            del self._watched[name]

    def _publish_changes(self, before: Mapping[str, Variant]) -> bool:
        changed = [n for n, variant in self._variants.items() if variant is not before.get(n)]
        for name in changed:
            _publish(self._variants[name], before.get(name))
        gone = before.keys() - self._variants.keys()
        for name in gone:
            variant_gauges.forget(name)
        return bool(changed or gone)


def _publish(variant: Variant, before: Variant | None) -> None:
    """Replace the gauges of a variant's earlier state."""
    if before is not None and before.classifier is not None:
        variant_gauges.clear_classifier(variant.name, before.classifier, sha256=before.sha256 or "")
    is_loaded = variant.classifier is not None
    variant_gauges.publish_file(
        variant.name,
        file_bytes=variant.file_bytes,
        is_loaded=is_loaded,
        is_stale=is_loaded and variant.problem is not None,
    )
    if variant.problem is not None:
        variant_gauges.count_rejection(variant.name)
    if variant.classifier is not None:
        variant_gauges.publish_classifier(
            variant.name, variant.classifier, sha256=variant.sha256 or ""
        )
