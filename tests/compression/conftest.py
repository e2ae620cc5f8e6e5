"""Data and bases that train within a second."""

import numpy as np
import pytest
import torch

from compression.checkpoints.checkpoint import Checkpoint
from compression.data.corpora import Corpora
from compression.data.dataset import Dataset, Split
from compression.recipes.base_store import BaseStore
from compression.settings import BaseSettings

torch.set_num_threads(1)  # for such small matrices, several threads are slower than one

LABELS = ("joy", "neutral", "sadness")
PHRASES = {
    "joy": ("happy", "love it", "great fun !!", "thank you"),
    "sadness": ("so sad", "i cry", "miss her", "lonely"),
    "neutral": ("the table", "at noon", "a report", "it is"),
}


def make_split(size: int, seed: int) -> Split:
    generator = np.random.default_rng(seed)
    texts, rows = [], []
    for _ in range(size):
        names = generator.choice(LABELS, size=generator.integers(1, 3), replace=False)
        words = [PHRASES[name][generator.integers(4)] for name in names]
        texts.append(f"{' '.join(words)} x{generator.integers(9)}")
        rows.append([label in names for label in LABELS])
    return Split(tuple(texts), np.array(rows))


@pytest.fixture(scope="session")
def dataset() -> Dataset:
    return Dataset(
        LABELS,
        {"train": make_split(400, 1), "dev": make_split(120, 2), "test": make_split(100, 3)},
    )


MODELS = {
    "bag": {"architecture": "bag", "dim": 12, "hidden": [10], "dropout": 0.1},
    "gru": {"architecture": "gru", "dim": 8, "hidden": 6, "head": [10], "dropout": 0.1},
}


@pytest.fixture(scope="session", params=MODELS)
def architecture(request: pytest.FixtureRequest) -> str:
    """Every architecture; the fixtures below depend on it."""
    return request.param


@pytest.fixture(scope="session")
def base_settings(architecture: str) -> BaseSettings:
    return BaseSettings.model_validate(
        {
            "seed": 5,
            "model": MODELS[architecture],
            "vocabulary": {"min_count": 1},
            "training": {
                "epochs": 4,
                "batch_size": 16,
                "learning_rate": 0.05,
                "weight_decay": 0.0,
                "word_dropout": 0.1,
                "ema_decay": 0.9,
            },
        }
    )


@pytest.fixture(scope="session")
def checkpoint(
    base_settings: BaseSettings, dataset: Dataset, tmp_path_factory: pytest.TempPathFactory
) -> Checkpoint:
    folder = tmp_path_factory.mktemp("checkpoints")
    return BaseStore({"base": base_settings}, Corpora(dataset), folder).checkpoint("base")
