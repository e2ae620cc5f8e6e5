"""The default variant of edgemood 0.2.0, a file of tokenizer version 1, keeps its answers.

The vectors are what edgemood 0.2.0 itself answered. The file is that release's `apot-kd` under
another name; `make compare` measures today's variants against it.
"""

import json
from pathlib import Path

import numpy as np
import pytest

from edgemood import Classifier
from edgemood.text.tokenizers import TOKENIZERS

VECTORS = Path(__file__).parents[1] / "vectors"
EXAMPLES = json.loads((VECTORS / "apot-kd-0.2.0.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def classifier() -> Classifier:
    return Classifier.open(VECTORS / "apot-kd-0.2.0.safetensors")


def test_it_is_read_with_its_own_tokenizer(classifier: Classifier) -> None:
    manifest = classifier.artifact.manifest
    assert (manifest.name, manifest.tokenizer_version) == ("apot-kd-0.2.0", 1)


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: ascii(example["text"])[:40])
def test_text_keeps_its_tokens_scores_and_labels(classifier: Classifier, example: dict) -> None:
    text = example["text"]
    assert TOKENIZERS[1].tokenize(text) == example["tokens"]
    np.testing.assert_allclose(classifier.scores([text])[0], example["scores"], rtol=0, atol=1e-6)
    (prediction,) = classifier.classify([text])
    assert list(prediction.labels) == example["labels"]
    assert prediction.unsure is None


def test_a_batch_gives_the_same_scores(classifier: Classifier) -> None:
    scores = classifier.scores([example["text"] for example in EXAMPLES])
    expected = [example["scores"] for example in EXAMPLES]
    np.testing.assert_allclose(scores, expected, rtol=0, atol=1e-6)
