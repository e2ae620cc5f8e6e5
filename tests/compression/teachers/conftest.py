"""A transformer of a few hundred weights, and a teacher made of it."""

from pathlib import Path

import pytest
import torch

from compression.data.dataset import Dataset
from compression.settings import (
    TransformerSettings,
)
from compression.teachers.teacher import Teacher


@pytest.fixture(scope="session")
def source(dataset: Dataset, tmp_path_factory: pytest.TempPathFactory) -> Path:
    from transformers import BertConfig, BertModel, BertTokenizerFast

    folder = tmp_path_factory.mktemp("transformer")
    words = sorted({word for text in dataset.train.texts for word in text.lower().split()})
    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    vocabulary = {word: i for i, word in enumerate([*special, *words, "[", "]", "name", "!"])}
    torch.manual_seed(0)
    config = BertConfig(
        vocab_size=len(vocabulary),
        hidden_size=16,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=16,
        max_position_embeddings=32,
    )
    BertModel(config).save_pretrained(folder)
    BertTokenizerFast(vocab=vocabulary).save_pretrained(folder)
    return folder


@pytest.fixture(scope="session")
def settings(source: Path) -> TransformerSettings:
    return TransformerSettings(
        model=str(source), epochs=3, batch_size=16, learning_rate=5e-3, max_tokens=16
    )


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The checkpoint folder of the teacher that all tests use."""
    return tmp_path_factory.mktemp("teacher")


@pytest.fixture(scope="session")
def teacher(settings: TransformerSettings, dataset: Dataset, folder: Path) -> Teacher:
    return Teacher("t", settings, dataset, folder)
