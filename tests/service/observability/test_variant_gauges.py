"""Gauges of a variant, by what the registry holds after each call."""

import math
from collections.abc import Iterator
from itertools import count

import pytest
from prometheus_client import Gauge

from edgemood import Artifact, Classifier
from service.observability import metrics, variant_gauges

_NUMBERS = count()


@pytest.fixture
def name() -> str:
    """A variant of its own for each test: the registry outlives them."""
    return f"gauges-{next(_NUMBERS)}"


@pytest.fixture
def classifier(artifact: Artifact) -> Classifier:
    return Classifier(artifact.with_manifest(metrics={"test": {"macro_f1": 0.5}}))


def samples(gauge: Gauge, variant: str) -> Iterator[tuple[dict[str, str], float]]:
    for sample in gauge.collect()[0].samples:
        if sample.labels["variant"] == variant:
            yield {k: v for k, v in sample.labels.items() if k != "variant"}, sample.value


def test_a_file_has_size_and_state(name: str) -> None:
    variant_gauges.publish_file(name, file_bytes=123, is_loaded=False, is_stale=False)
    assert list(samples(metrics.FILE_BYTES, name)) == [({}, 123)]
    assert list(samples(metrics.VARIANT_UP, name)) == [({}, 0)]
    variant_gauges.publish_file(name, file_bytes=124, is_loaded=True, is_stale=True)
    assert list(samples(metrics.FILE_BYTES, name)) == [({}, 124)]
    assert list(samples(metrics.VARIANT_UP, name)) == [({}, 1)]
    assert list(samples(metrics.VARIANT_STALE, name)) == [({}, 1)]


def test_a_loaded_variant_has_identity_memory_and_quality(
    name: str, classifier: Classifier
) -> None:
    variant_gauges.publish_classifier(name, classifier, sha256="0a")
    identity = {"method": "fp32", "architecture": "bag", "sha256": "0a"}
    assert list(samples(metrics.INFO, name)) == [(identity, 1)]
    assert list(samples(metrics.QUALITY, name)) == [({"metric": "macro_f1", "split": "test"}, 0.5)]
    by_part = {labels["part"]: size for labels, size in samples(metrics.RESIDENT_BYTES, name)}
    assert by_part == variant_gauges.resident_bytes_by_part(classifier)


def test_the_parts_add_up_to_all_resident_bytes(classifier: Classifier) -> None:
    by_part = variant_gauges.resident_bytes_by_part(classifier)
    assert set(by_part) == {"vocabulary", "embedding", "layers"}
    assert by_part["embedding"] == classifier.resident_bytes["embedding"]
    assert sum(by_part.values()) == sum(classifier.resident_bytes.values())


def test_clearing_undoes_publishing(name: str, classifier: Classifier) -> None:
    variant_gauges.publish_classifier(name, classifier, sha256="0a")
    variant_gauges.clear_classifier(name, classifier, sha256="0a")
    assert [value for _, value in samples(metrics.INFO, name)] == [0]
    assert {value for _, value in samples(metrics.RESIDENT_BYTES, name)} == {0}
    assert all(math.isnan(value) for _, value in samples(metrics.QUALITY, name))


def test_counters_of_all_labels_begin_at_zero(name: str, classifier: Classifier) -> None:
    variant_gauges.publish_classifier(name, classifier, sha256="0a")
    found = {
        sample.labels["label"]: sample.value
        for sample in metrics.PREDICTIONS.collect()[0].samples
        if sample.labels["variant"] == name and sample.name.endswith("_total")
    }
    assert found == dict.fromkeys(classifier.labels, 0)
