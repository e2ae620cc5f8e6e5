"""The variants of a folder: which there are, which of them answer, and what is known of each.

The folder is looked at again when it changes, and so is the list of those that an administrator
has unloaded, so that files come and go without a restart and all workers agree at once.
"""

import gc
import logging
import math
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from re import fullmatch
from typing import Literal
from weakref import WeakValueDictionary

from edgemood import ArtifactError, Classifier
from edgemood.format.artifact import SUFFIX, file_sha256
from edgemood.format.manifest import VARIANT_NAME
from service.errors import UnavailableError, UnknownVariantError
from service.observability import metrics
from service.schemas import MAX_LABELS
from service.state.file_signature import FileSignature, file_signature
from service.variants.load_state import LoadState

logger = logging.getLogger(__name__)

State = Literal["loaded", "failed", "unloaded"]

PROBE = "What a day!"
"""Every variant answers this before it counts as loaded."""
_SETTLED_NS = 100_000_000
"""A folder that changed this recently may change again without another modification time."""
_RETRY_S = 1.0
"""How often a file that could not be used is looked at: it may have been on its way."""


_BY_CONTENT: WeakValueDictionary[str, Classifier] = WeakValueDictionary()
"""Loaded classifiers by their files' SHA-256: one file under two names, as an A/A test has it, is
held once."""


@dataclass(frozen=True)
class Variant:
    """One file of the folder; its name is the file's."""

    name: str
    state: State
    file_bytes: int
    sha256: str | None
    """Of the whole file, where it was read."""
    classifier: Classifier | None
    problem: str | None
    """Why it could not be loaded."""
    signature: FileSignature | None
    """Of the file, when it was last looked at."""

    @property
    def loaded_classifier(self) -> Classifier:
        """Its classifier.

        Raises:
            UnavailableError: its file could not be used, or it was unloaded.
        """
        if self.classifier is None:
            raise UnavailableError(f"the variant {self.name} is not loaded")
        return self.classifier


class VariantRepository:
    """Every variant file of a folder. A file that cannot be used is listed, and does not answer."""

    def __init__(
        self,
        folder: Path,
        *,
        load_state: LoadState | None = None,
        on_change: Callable[[], None] = lambda: None,
    ) -> None:
        """Load what is in the folder.

        Args:
            folder: of variant files.
            load_state: which of them are unloaded; none where left out.
            on_change: called after variants came, went, or were loaded or unloaded later on.
        """
        self._folder, self._load_state = folder, load_state
        self._on_change = on_change
        self._variants: dict[str, Variant] = {}
        self._names: frozenset[str] = frozenset()
        self._folder_signature: FileSignature | None = None
        self._unloaded: frozenset[str] = frozenset()
        self._retry_at: float | None = None
        self._left_out: set[str] = set()
        self._refreshing = threading.Lock()
        self._look()

    @property
    def names(self) -> frozenset[str]:
        """The names of all. A file that is taken away leaves its name behind."""
        return self._names

    @property
    def variants(self) -> Mapping[str, Variant]:
        """All, by name, in alphabetical order."""
        return self._variants

    @property
    def loaded(self) -> Mapping[str, Classifier]:
        """Those that answer."""
        return {v.name: v.classifier for v in self._variants.values() if v.classifier is not None}

    @property
    def usable(self) -> frozenset[str]:
        """Names of those whose files can be used, unloaded ones included."""
        return frozenset(v.name for v in self._variants.values() if v.state != "failed")

    def refresh(self, *, force: bool = False) -> None:
        """Take in what has changed. Takes a few microseconds where nothing has.

        Args:
            force: whether to try files once more that could not be used, though their time to be
                tried has not come.
        """
        if not force and not self._is_due():
            return
        with self._refreshing:
            if (force or self._is_due()) and self._look():
                self._on_change()

    def apply_load_state(self) -> None:
        """Take in what was loaded or unloaded: all that a request looks at beforehand.

        The folder itself is looked at once a second, and when a name is asked for that is not
        there: another look before each request would be felt.
        """
        if self._load_state is not None and self._load_state.unloaded() != self._unloaded:
            self.refresh()

    def find(self, name: str) -> Variant:
        """A variant, whether it answers or not.

        Raises:
            UnknownVariantError: there is none of that name.
        """
        if name not in self._variants:
            self.refresh()
        if name not in self._variants:
            raise UnknownVariantError(self._variants)
        return self._variants[name]

    def _is_name(self, path: Path) -> bool:
        if fullmatch(VARIANT_NAME, path.stem):
            return True
        if path.name not in self._left_out:
            self._left_out.add(path.name)
            logger.error("%r: left out, its name must match %s", path.name, VARIANT_NAME)
        return False

    def _is_due(self) -> bool:
        if self._load_state is not None and self._load_state.unloaded() != self._unloaded:
            return True
        if file_signature(self._folder) != self._folder_signature:
            return True
        return self._retry_at is not None and time.monotonic() >= self._retry_at

    def _look(self) -> bool:
        """Bring everything up to date; whether anything changed."""
        seen = file_signature(self._folder)
        unloaded = self._load_state.unloaded() if self._load_state else frozenset()
        paths = {p.stem: p for p in sorted(self._folder.glob(f"*{SUFFIX}")) if self._is_name(p)}
        before = self._variants
        after = {
            name: _looked_at(before.get(name), self._folder / f"{name}{SUFFIX}", name in unloaded)
            for name in sorted(before.keys() | paths.keys())
        }
        for name, variant in after.items():
            if variant is not before.get(name):
                _show(variant, before.get(name))
        self._variants, self._names = after, frozenset(after)
        self._unloaded = unloaded
        fresh = seen is not None and 0 <= time.time_ns() - seen[0] <= _SETTLED_NS
        self._folder_signature = None if fresh else seen
        failed = any(variant.state == "failed" for variant in after.values())
        self._retry_at = time.monotonic() + _RETRY_S if failed else None
        changed = any(after[name] is not before.get(name) for name in after)
        if changed and before:
            del before
            gc.collect()  # what was unloaded goes now, not with the next collection
        return changed


def _looked_at(before: Variant | None, path: Path, is_unloaded: bool) -> Variant:
    """The variant of a file as it is now; the very same object where nothing changed."""
    now = file_signature(path)
    same = before is not None and before.signature == now
    if same and before is not None and (before.state == "unloaded") == is_unloaded:
        if before.state != "failed":
            return before
        # Reading it may have failed for want of something that is there by now.
        tried = replace(_load(path), signature=now)
        return before if tried.problem == before.problem else _told(tried)
    if is_unloaded:
        size = path.stat().st_size if path.is_file() else 0
        logger.info("variant %s is unloaded", path.stem)
        return Variant(path.stem, "unloaded", size, None, None, problem=None, signature=now)
    loaded = replace(_load(path), signature=now)
    return loaded if before is None and loaded.classifier is not None else _told(loaded)


def _told(variant: Variant) -> Variant:
    """The variant, after the log has it."""
    if variant.classifier is not None:
        logger.info("variant %s is loaded", variant.name)
    else:
        logger.error("variant %s is not served: %s", variant.name, variant.problem)
    return variant


def _load(path: Path) -> Variant:
    try:
        sha256, classifier = _read(path)
        _check_receipts_fit(path, classifier)
        classifier.classify([PROBE])  # whoever cannot answer now is not ready
        size = path.stat().st_size
        return Variant(path.stem, "loaded", size, sha256, classifier, problem=None, signature=None)
    except ArtifactError as error:
        # The path is the server's business; the caller gets the part and the problem.
        problem = f"{error.part}: {error.problem}"
    except Exception as error:  # noqa: BLE001  # whatever a file does, the others are served
        problem = f"the file cannot be used ({type(error).__name__})"
    size = path.stat().st_size if path.is_file() else 0
    return Variant(path.stem, "failed", size, None, None, problem=problem, signature=None)


def _read(path: Path) -> tuple[str, Classifier]:
    """The SHA-256 of a file, and its classifier, which is one that is held already if it can be."""
    seen = file_signature(path)
    try:
        sha256 = file_sha256(path)
    except OSError:
        Classifier.open(path)  # says better what is wrong
        raise
    classifier = _BY_CONTENT.get(sha256) or Classifier.open(path)
    if file_signature(path) == seen:  # else it was replaced, perhaps between the two that read it
        _BY_CONTENT[sha256] = classifier
    return sha256, classifier


def _check_receipts_fit(path: Path, classifier: Classifier) -> None:
    if len(classifier.labels) > MAX_LABELS:
        raise ArtifactError(
            path,
            part="labels",
            problem=f"{len(classifier.labels)} of them; a receipt has room for {MAX_LABELS}",
            fix="build it for fewer, or use it without the service",
        )


def _show(variant: Variant, before: Variant | None) -> None:
    if before is not None and before.classifier is not None:
        _hide(before)
    metrics.FILE_BYTES.labels(variant.name).set(variant.file_bytes)
    metrics.VARIANT_UP.labels(variant.name).set(variant.classifier is not None)
    if variant.classifier is None:
        metrics.start_series(variant.name, ())
        return
    manifest = variant.classifier.artifact.manifest
    metrics.start_series(variant.name, manifest.labels)
    metrics.INFO.labels(variant.name, manifest.method, manifest.architecture, variant.sha256).set(1)
    for part, held in _by_part(variant.classifier).items():
        metrics.RESIDENT_BYTES.labels(variant.name, part).set(held)
    for split, figures in manifest.metrics.items():
        for metric, figure in figures.items():
            metrics.QUALITY.labels(variant.name, metric, split).set(figure)


def _by_part(classifier: Classifier) -> dict[str, int]:
    """Resident bytes: of vocabulary, token table, and all layers together."""
    held = classifier.resident_bytes
    single: dict[str, int] = {
        part: held[part] for part in ("vocabulary", "embedding") if part in held
    }
    return {**single, "layers": sum(held.values()) - sum(single.values())}


def _hide(variant: Variant) -> None:
    """Take back what `_show` said of a classifier that is gone."""
    assert variant.classifier is not None  # noqa: S101  # asked for loaded ones only
    manifest = variant.classifier.artifact.manifest
    metrics.INFO.labels(variant.name, manifest.method, manifest.architecture, variant.sha256).set(0)
    for part in _by_part(variant.classifier):
        metrics.RESIDENT_BYTES.labels(variant.name, part).set(0)
    for split, figures in manifest.metrics.items():
        for metric in figures:
            metrics.QUALITY.labels(variant.name, metric, split).set(math.nan)
