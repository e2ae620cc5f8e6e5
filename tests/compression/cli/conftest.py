"""A folder with a recipe and a table of a few hundred rows."""

import csv
from pathlib import Path

import pytest

from compression.data.dataset import Dataset

RECIPE = """
name = "small"
[data]
format = "table"
train = "train.csv"
dev = "dev.csv"
test = "test.csv"
[base.ffnn]
seed = 1
model = { architecture = "bag", dim = 8, hidden = [8] }
vocabulary = { min_count = 1 }
training = { epochs = 5, batch_size = 16, learning_rate = 0.05, ema_decay = 0.5 }
[[variant]]
name = "fp32"
method = "fp32"
[[variant]]
name = "small"
method = "int8-static"
calibration_texts = 50
[search]
base = "ffnn"
[search.methods.fp32]
[search.methods.fp16]
"""


@pytest.fixture
def workplace(tmp_path: Path, dataset: Dataset, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder of the test, with `recipe.toml` and its tables."""
    for name, split in dataset.splits.items():
        with (tmp_path / f"{name}.csv").open("w", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(["text", "labels"])
            for text, row in zip(split.texts, split.targets, strict=True):
                given = [label for label, holds in zip(dataset.labels, row, strict=True) if holds]
                writer.writerow([text, ",".join(given)])
    (tmp_path / "recipe.toml").write_text(RECIPE)
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("EMOTION_DATA", raising=False)
    return tmp_path


@pytest.fixture
def built(workplace: Path) -> Path:
    """The folder after a build."""
    from compression.cli import main

    assert main(["build", "recipe.toml", "--data", "."]) == 0
    return workplace
