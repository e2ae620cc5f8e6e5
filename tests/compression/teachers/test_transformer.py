from pathlib import Path

import pytest
import torch

from compression.errors import TeacherError
from compression.settings import (
    TransformerSettings,
)
from compression.teachers.transformer import Transformer


def test_placeholders_are_one_token(source: Path, settings: TransformerSettings) -> None:
    network = Transformer(source, settings, labels=3)
    assert network.tokenizer.tokenize("[NAME] x") == network.tokenizer.tokenize("[name] x")
    assert "[name]" in network.tokenizer.tokenize("hi [NAME]!")


def test_a_folder_without_a_transformer_is_named(
    settings: TransformerSettings, tmp_path: Path
) -> None:
    with pytest.raises(TeacherError, match=str(tmp_path)):
        Transformer(tmp_path, settings, labels=3)


def test_logits_keep_the_order_of_texts_of_other_lengths(
    source: Path, settings: TransformerSettings
) -> None:
    exact = settings.model_copy(update={"bfloat16": False})
    network = Transformer(source, exact, labels=3).eval()
    texts = ["sad sad sad sad", "happy", "i cry", ""]
    alone = torch.cat([network.logits([text]) for text in texts])
    torch.testing.assert_close(network.logits(texts), alone)
