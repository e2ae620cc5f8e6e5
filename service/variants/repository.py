"""The variants of a folder: which exist, which are loaded, and when their files are read again.

The folder is scanned again after a change, and so is the list of unloaded variants. Files can
therefore be added, replaced and removed without a restart, and all workers agree.
"""

import gc
import logging
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from re import fullmatch

from edgemood import Classifier
from edgemood.format.artifact import SUFFIX
from edgemood.format.manifest import VARIANT_NAME
from service.errors import UnknownVariantError
from service.observability import variant_gauges
from service.state.file_signature import FileSignature, file_signature
from service.variants.load_state import LoadState
from service.variants.loader import VariantLoader, file_size
from service.variants.variant import Variant

logger = logging.getLogger(__name__)

_SETTLED_NS = 100_000_000
"""A folder that changed this recently may change again within one tick of the file system."""
_RETRY_S = 1.0
"""How often a file that failed is read again: it may have been incomplete."""


class VariantRepository:
    """Every variant file of a folder. A file that cannot be used is listed as `failed`."""

    def __init__(
        self,
        folder: Path,
        *,
        load_state: LoadState | None = None,
        on_change: Callable[[], None] = lambda: None,
    ) -> None:
        """Load the variants of the folder.

        Args:
            folder: holds the variant files.
            load_state: the list of unloaded variants; None: all are loaded.
            on_change: called after a later scan that added, removed, loaded or unloaded a variant.
        """
        self._folder, self._load_state = folder, load_state
        self._on_change = on_change
        self._loader = VariantLoader()
        self._variants: dict[str, Variant] = {}
        self._names: frozenset[str] = frozenset()
        self._folder_signature: FileSignature | None = None
        self._unloaded: frozenset[str] = frozenset()
        self._retry_at: float | None = None
        self._ignored_files: set[str] = set()
        self._refreshing = threading.Lock()
        self._scan()

    @property
    def names(self) -> frozenset[str]:
        """All names. The name of a removed file stays."""
        return self._names

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

    def refresh(self, *, force: bool = False) -> None:
        """Apply what has changed on disk; takes a few microseconds if nothing has.

        Args:
            force: scan even if nothing has changed, which also retries failed files at once.
        """
        if not force and not self._is_due():
            return
        with self._refreshing:
            if (force or self._is_due()) and self._scan():
                self._on_change()

    def apply_load_state(self) -> None:
        """Apply what was loaded or unloaded; the only check that each request pays for.

        A check of the folder would slow every request down. It happens once a second, and when a
        request names an unknown variant.
        """
        if self._load_state_changed():
            self.refresh()

    def find(self, name: str) -> Variant:
        """A variant in any state.

        Raises:
            UnknownVariantError: no variant has that name.
        """
        if name not in self._variants:
            self.refresh()
        if name not in self._variants:
            raise UnknownVariantError(self._variants)
        return self._variants[name]

    def _is_due(self) -> bool:
        if self._load_state_changed() or file_signature(self._folder) != self._folder_signature:
            return True
        return self._retry_at is not None and time.monotonic() >= self._retry_at

    def _load_state_changed(self) -> bool:
        return self._load_state is not None and self._load_state.unloaded() != self._unloaded

    def _scan(self) -> bool:
        """Bring every variant up to date.

        Returns:
            Whether a variant changed.
        """
        folder_signature = file_signature(self._folder)
        unloaded = self._load_state.unloaded() if self._load_state else frozenset()
        before = self._variants
        after = {
            name: self._updated(before.get(name), self._path(name), is_unloaded=name in unloaded)
            for name in sorted(before.keys() | self._names_on_disk())
        }
        changed = [name for name, variant in after.items() if variant is not before.get(name)]
        for name in changed:
            _publish(after[name], before.get(name))
        self._variants, self._names, self._unloaded = after, frozenset(after), unloaded
        self._schedule(folder_signature)
        if changed and before:
            del before
            gc.collect()  # frees unloaded classifiers now rather than at the next collection
        return bool(changed)

    def _path(self, name: str) -> Path:
        return self._folder / f"{name}{SUFFIX}"

    def _names_on_disk(self) -> set[str]:
        return {path.stem for path in self._folder.glob(f"*{SUFFIX}") if self._is_valid(path)}

    def _is_valid(self, path: Path) -> bool:
        if fullmatch(VARIANT_NAME, path.stem):
            return True
        if path.name not in self._ignored_files:
            self._ignored_files.add(path.name)
            logger.error("%r is ignored: its name must match %s", path.name, VARIANT_NAME)
        return False

    def _updated(self, before: Variant | None, path: Path, *, is_unloaded: bool) -> Variant:
        """The variant of a file as it is now; `before` itself if nothing changed."""
        is_known = (
            before is not None
            and before.signature == file_signature(path)
            and (before.state == "unloaded") == is_unloaded
        )
        if before is not None and is_known:
            return self._retried(before, path) if before.state == "failed" else before
        if is_unloaded:
            return _unloaded(path)
        variant = self._loader.load(path)
        if before is not None or variant.classifier is None:  # the start logs failures alone
            _log_state(variant)
        return variant

    def _retried(self, before: Variant, path: Path) -> Variant:
        """A failed variant, read again: the cause may have been a temporary lack of resources."""
        variant = self._loader.load(path)
        if variant.problem == before.problem:
            return before
        _log_state(variant)
        return variant

    def _schedule(self, folder_signature: FileSignature | None) -> None:
        """Remember the folder as it was before the scan, and when failed files are read again."""
        age_ns = time.time_ns() - folder_signature[0] if folder_signature else None
        is_settled = age_ns is None or not 0 <= age_ns <= _SETTLED_NS
        self._folder_signature = folder_signature if is_settled else None
        any_failed = any(variant.state == "failed" for variant in self._variants.values())
        self._retry_at = time.monotonic() + _RETRY_S if any_failed else None


def _unloaded(path: Path) -> Variant:
    signature = file_signature(path)
    logger.info("variant %s is unloaded", path.stem)
    return Variant(path.stem, "unloaded", file_size(path), signature=signature)


def _log_state(variant: Variant) -> None:
    if variant.classifier is not None:
        logger.info("variant %s is loaded", variant.name)
    else:
        logger.error("variant %s is not served: %s", variant.name, variant.problem)


def _publish(variant: Variant, before: Variant | None) -> None:
    """Replace the gauges of a variant's earlier state."""
    if before is not None and before.classifier is not None:
        variant_gauges.clear_classifier(variant.name, before.classifier, sha256=before.sha256 or "")
    is_loaded = variant.classifier is not None
    variant_gauges.publish_file(variant.name, file_bytes=variant.file_bytes, is_loaded=is_loaded)
    if variant.classifier is not None:
        variant_gauges.publish_classifier(
            variant.name, variant.classifier, sha256=variant.sha256 or ""
        )
