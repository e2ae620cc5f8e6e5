"""Variant files with their scores."""

from pathlib import Path

import pytest

from compression.data.dataset import Dataset
from compression.errors import CompressionError
from compression.evaluation.measurement import measure_all
from compression.metrics.bootstrap import bootstrap_weights
from edgemood import Artifact

WEIGHTS = bootstrap_weights(4, resamples=10, seed=0)


def test_each_file_is_scored_at_its_own_thresholds(paths: list[Path], data: Dataset) -> None:
    measured = measure_all(paths, data.dev, data.labels, WEIGHTS)
    assert list(measured) == ["one", "two"]
    two = measured["two"]
    assert (two.name, two.parent) == ("two", None)
    assert two.file_bytes == two.sizes.file == paths[1].stat().st_size
    assert two.scored.decisions.sum(axis=0).tolist() == [2, 0, 1]


def test_the_parent_is_that_of_the_provenance(
    artifact: Artifact, paths: list[Path], data: Dataset
) -> None:
    origin = {
        "recipe": "r",
        "data_sha256": "d",
        "seed": 0,
        "parent": "base-key",
        "edgemood_version": "1",
    }
    artifact.with_manifest(name="one", provenance=origin).save(paths[0])
    assert measure_all(paths, data.dev, data.labels, WEIGHTS)["one"].parent == "base-key"


def test_other_labels_are_refused(paths: list[Path], data: Dataset) -> None:
    with pytest.raises(CompressionError, match=r"joy, sadness, neutral.*joy, anger"):
        measure_all(paths, data.dev, ("joy", "anger"), WEIGHTS)
