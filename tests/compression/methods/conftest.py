"""Compression of the base that all tests of methods share."""

from collections.abc import Callable
from pathlib import Path

import pytest

from compression.checkpoints.checkpoint import Checkpoint
from compression.data.dataset import Dataset
from compression.methods import Method
from compression.training.supervision import label_supervision
from edgemood import Artifact


@pytest.fixture
def compress(
    checkpoint: Checkpoint, dataset: Dataset, tmp_path: Path
) -> Callable[[Method], Artifact]:
    """The artifact of a method."""

    def run(method: Method) -> Artifact:
        supervision = label_supervision(dataset.train)
        return method.compress(checkpoint, dataset, supervision, folder=tmp_path)

    return run
