"""Gauges that describe the variants of one worker: size, memory, quality and availability."""

import math
from collections.abc import Iterator

from edgemood import Classifier
from service.observability import metrics, series

_OWN_PARTS = ("vocabulary", "embedding")
"""Parts with a series of their own. All layers share one, which bounds the number of series."""


def publish_folder(*, is_readable: bool) -> None:
    """Set the gauge of the variants folder."""
    metrics.FOLDER_UP.set(is_readable)


def publish_file(variant: str, *, file_bytes: int, is_loaded: bool, is_stale: bool) -> None:
    """Set the gauges that every variant has, loaded or not, and create its counters at zero."""
    metrics.FILE_BYTES.labels(variant).set(file_bytes)
    metrics.VARIANT_UP.labels(variant).set(is_loaded)
    metrics.VARIANT_STALE.labels(variant).set(is_stale)
    series.start_variant_series(variant, ())


def count_rejection(variant: str) -> None:
    """Count a file that could not be used."""
    metrics.VARIANT_REJECTED.labels(variant).inc()


def publish_classifier(variant: str, classifier: Classifier, *, sha256: str) -> None:
    """Set the gauges of a loaded variant, and create the counters of its labels at zero."""
    manifest = classifier.artifact.manifest
    series.start_variant_series(variant, manifest.labels)
    metrics.INFO.labels(variant, manifest.method, manifest.architecture, sha256).set(1)
    for part, size in resident_bytes_by_part(classifier).items():
        metrics.RESIDENT_BYTES.labels(variant, part).set(size)
    for split, metric, value in _quality(classifier):
        metrics.QUALITY.labels(variant, metric, split).set(value)


def clear_classifier(variant: str, classifier: Classifier, *, sha256: str) -> None:
    """Undo `publish_classifier` for a classifier that was unloaded or replaced."""
    manifest = classifier.artifact.manifest
    metrics.INFO.labels(variant, manifest.method, manifest.architecture, sha256).set(0)
    for part in resident_bytes_by_part(classifier):
        metrics.RESIDENT_BYTES.labels(variant, part).set(0)
    for split, metric, _ in _quality(classifier):
        metrics.QUALITY.labels(variant, metric, split).set(math.nan)


def forget(variant: str) -> None:
    """Drop all series of a variant whose file was removed long ago."""
    series.forget_variant(variant)


def resident_bytes_by_part(classifier: Classifier) -> dict[str, int]:
    """Resident bytes of the vocabulary, of the embedding and of all layers together."""
    by_part = classifier.resident_bytes
    own = {part: by_part[part] for part in _OWN_PARTS if part in by_part}
    return {**own, "layers": sum(by_part.values()) - sum(own.values())}


def _quality(classifier: Classifier) -> Iterator[tuple[str, str, float]]:
    """Split, metric and value of each figure in the manifest."""
    for split, figures in classifier.artifact.manifest.metrics.items():
        for metric, value in figures.items():
            yield split, metric, value
