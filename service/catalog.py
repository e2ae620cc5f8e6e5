"""The variants of a folder: which there are, which of them answer, and what is known of each."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from re import fullmatch

from edgemood import ArtifactError, Classifier
from edgemood.artifact import SUFFIX, file_sha256
from edgemood.manifest import VARIANT_NAME
from service import metrics
from service.errors import UnavailableError, UnknownVariantError

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Variant:
    """One file of the folder; its name is the file's."""

    name: str
    file_bytes: int
    sha256: str | None
    """Of the whole file, where it could be read."""
    classifier: Classifier | None
    problem: str | None
    """Why there is no classifier."""


class Catalog:
    """Every variant file of a folder. A file that cannot be used is listed, and does not answer."""

    def __init__(self, folder: Path) -> None:
        paths = sorted(folder.glob(f"*{SUFFIX}"))
        self._variants = {path.stem: _load(path) for path in paths if _is_name(path)}
        self.known = frozenset(self._variants)
        for variant in self._variants.values():
            _show(variant)

    @property
    def variants(self) -> Mapping[str, Variant]:
        """All, by name, in alphabetical order."""
        return self._variants

    @property
    def loaded(self) -> Mapping[str, Classifier]:
        """Those that answer."""
        return {v.name: v.classifier for v in self._variants.values() if v.classifier is not None}

    def find(self, name: str) -> Variant:
        """A variant, whether it answers or not.

        Raises:
            UnknownVariantError: there is none of that name.
        """
        if name not in self._variants:
            raise UnknownVariantError(self._variants)
        return self._variants[name]

    def classifier(self, name: str) -> Classifier:
        """The classifier of a variant.

        Raises:
            UnknownVariantError: there is no such variant.
            UnavailableError: its file could not be used.
        """
        classifier = self.find(name).classifier
        if classifier is None:
            raise UnavailableError(f"the variant {name} is not loaded")
        return classifier


def _is_name(path: Path) -> bool:
    if fullmatch(VARIANT_NAME, path.stem):
        return True
    logger.error("%r: left out, a variant's file name must match %s", path.name, VARIANT_NAME)
    return False


def _load(path: Path) -> Variant:
    try:
        classifier = Classifier.open(path)
        size, sha256 = path.stat().st_size, file_sha256(path)
        return Variant(path.stem, size, sha256, classifier, problem=None)
    except ArtifactError as error:
        logger.error("variant %s is not served: %s", path.stem, error)
        # The path is the server's business; the caller gets the part and the problem.
        problem = f"{error.part}: {error.problem}"
    except Exception as error:  # noqa: BLE001  # whatever a file does, the others are served
        logger.error("variant %s is not served: %s", path.stem, type(error).__name__)
        problem = "the file cannot be used"
    size = path.stat().st_size if path.is_file() else 0
    return Variant(path.stem, size, None, None, problem=problem)


def _show(variant: Variant) -> None:
    metrics.FILE_BYTES.labels(variant.name).set(variant.file_bytes)
    metrics.VARIANT_UP.labels(variant.name).set(variant.classifier is not None)
    if variant.classifier is None:
        metrics.start_series(variant.name, ())
        return
    manifest = variant.classifier.artifact.manifest
    metrics.start_series(variant.name, manifest.labels)
    metrics.INFO.labels(variant.name, manifest.method, manifest.architecture, variant.sha256).set(1)
    for part, held in variant.classifier.resident_bytes.items():
        metrics.RESIDENT_BYTES.labels(variant.name, part).set(held)
    for split, figures in manifest.metrics.items():
        for metric, figure in figures.items():
            metrics.QUALITY.labels(variant.name, metric, split).set(figure)
