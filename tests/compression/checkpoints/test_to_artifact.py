import numpy as np

from compression.checkpoints.checkpoint import Checkpoint
from compression.checkpoints.to_artifact import UNTUNED, export
from compression.tensors import to_numpy
from edgemood.encodings import Dense


def test_an_artifact_holds_the_base_and_the_settings_of_the_method(checkpoint: Checkpoint) -> None:
    artifact = export(
        checkpoint,
        method="m",
        settings={"a": 1},
        encode=lambda matrix: Dense.encode(to_numpy(matrix.values)),
    )
    manifest = artifact.manifest
    assert (manifest.name, manifest.method, manifest.settings) == ("m", "m", {"a": 1})
    assert manifest.labels == checkpoint.labels
    assert list(manifest.thresholds) == [UNTUNED] * len(checkpoint.labels)
    assert dict(manifest.sizes) == checkpoint.settings.model.sizes
    assert len(artifact.vocabulary) == len(checkpoint.vocabulary)
    assert artifact.weights.keys() == checkpoint.state.keys()


def test_sizes_and_matrices_may_be_the_methods(checkpoint: Checkpoint) -> None:
    doubled = [m._replace(values=2 * m.values) for m in checkpoint.module().matrices()]
    artifact = export(
        checkpoint,
        method="m",
        settings={},
        encode=lambda matrix: Dense.encode(to_numpy(matrix.values)),
        sizes=checkpoint.settings.model.integer_sizes,
        matrices=doubled,
    )
    assert dict(artifact.manifest.sizes) == checkpoint.settings.model.integer_sizes
    for matrix in doubled:
        rows = artifact.weights[matrix.name].rows(np.arange(len(matrix.values), dtype=np.int32))
        np.testing.assert_array_equal(rows, matrix.values)
