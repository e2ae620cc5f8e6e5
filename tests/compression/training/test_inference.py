import numpy as np
import pytest
import torch

from compression.checkpoints.checkpoint import Checkpoint
from compression.data.dataset import Dataset
from compression.training import inference
from compression.training.inference import encode_texts, logits_of
from edgemood.text.vocabulary import UNKNOWN, PlainVocabulary


def test_texts_become_rows_and_empty_texts_one_unknown_word() -> None:
    rows = encode_texts(["sad, happy", "", "what"], PlainVocabulary(("happy", "sad", ",")))
    assert [ids.tolist() for ids in rows] == [[2, 3, 1], [UNKNOWN], [UNKNOWN]]
    assert all(ids.dtype == np.int32 for ids in rows)


def test_logits_do_not_depend_on_mode_or_portion(
    checkpoint: Checkpoint, dataset: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    network = checkpoint.module()
    rows = encode_texts(dataset.dev.texts, checkpoint.vocabulary)
    expected = logits_of(network, rows)
    assert expected.shape == (len(dataset.dev), len(dataset.labels))
    monkeypatch.setattr(inference, "_TOKENS_AT_ONCE", 50)
    network.train()
    torch.testing.assert_close(logits_of(network, rows), expected)
    assert network.training
