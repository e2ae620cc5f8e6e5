"""Small artifacts and data, made here so that no test needs anything from outside."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import settings

from edgemood import Artifact
from edgemood.encodings import Dense
from edgemood.tokenizer import TOKENIZER_VERSION
from edgemood.vocabulary import PlainVocabulary

settings.register_profile("suite", deadline=None, max_examples=50, derandomize=True)
settings.load_profile("suite")

WORDS = ("happy", "sad", "i", "am", "!!", "don't", "[name]", "😂")
LABELS = ("joy", "sadness", "neutral")


def make_artifact() -> Artifact:
    """A bag with two-dimensional word vectors that can be followed by hand."""
    embedding = np.zeros((len(WORDS) + 1, 2), dtype=np.float32)
    embedding[1] = (4, 0)  # happy
    embedding[2] = (0, 4)  # sad
    weights = {
        "embedding": Dense.encode(embedding),
        "layers.0.weight": Dense.encode(np.array([[1, 0], [0, 1], [-1, -1]], dtype=np.float32)),
        "layers.0.bias": Dense.encode(np.array([[-1, -1, 1]], dtype=np.float32)),
    }
    manifest = {
        "name": "tiny",
        "architecture": "bag",
        "sizes": {"dim": 2, "hidden": ()},
        "tokenizer_version": TOKENIZER_VERSION,
        "labels": LABELS,
        "thresholds": (0.5, 0.5, 0.6),
        "method": "fp32",
    }
    return Artifact.create(manifest, PlainVocabulary(WORDS), weights)


@pytest.fixture
def artifact() -> Artifact:
    """A new one for each test."""
    return make_artifact()


@pytest.fixture(scope="session")
def session_artifact() -> Artifact:
    """One for fixtures that outlive a test; not to be changed."""
    return make_artifact()


@pytest.fixture
def artifact_path(artifact: Artifact, tmp_path: Path) -> Path:
    path = tmp_path / "tiny.safetensors"
    artifact.save(path)
    return path
