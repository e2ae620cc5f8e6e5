"""Networks from which whole units and words were taken."""

import numpy as np
import pytest
import torch

from compression.checkpoints.checkpoint import Checkpoint
from compression.checkpoints.structured_pruning import prune_units, prune_words
from compression.data.dataset import Dataset
from compression.training.inference import encode_texts, logits_of
from edgemood.text.vocabulary import UNKNOWN


def logits(checkpoint: Checkpoint, texts: tuple[str, ...]) -> np.ndarray:
    return logits_of(checkpoint.module(), encode_texts(texts, checkpoint.vocabulary)).numpy()


def silenced(checkpoint: Checkpoint, units: int) -> Checkpoint:
    """The first units of every hidden layer have no weights at all, so nothing depends on them."""
    state = {name: tensor.clone() for name, tensor in checkpoint.state.items()}
    for group in checkpoint.module().unit_groups():
        for name, axis, places in group.slices:
            state[name].index_fill_(axis, places[:units].flatten(), 0.0)
    return checkpoint.trained(state)


def test_units_without_weights_go_first_and_nothing_changes(
    checkpoint: Checkpoint, dataset: Dataset, architecture: str
) -> None:
    base = silenced(checkpoint, units=2)
    widths = [group.units for group in base.module().unit_groups()]
    smaller = prune_units(base, 2 / max(widths))
    after = [group.units for group in smaller.module().unit_groups()]
    assert len(after) == (3 if architecture == "gru" else 1)
    assert all(b < a for a, b in zip(widths, after, strict=True))
    texts = dataset.dev.texts
    np.testing.assert_allclose(logits(smaller, texts), logits(base, texts), atol=1e-5)
    assert sum(t.numel() for t in smaller.state.values()) < sum(
        t.numel() for t in base.state.values()
    )


def test_at_least_one_unit_stays(checkpoint: Checkpoint) -> None:
    smaller = prune_units(checkpoint, 0.999)
    assert {group.units for group in smaller.module().unit_groups()} == {1}


def test_strength_by_hand(checkpoint: Checkpoint, architecture: str) -> None:
    if architecture == "gru":
        pytest.skip("by hand for one layer")
    state = {name: torch.zeros_like(tensor) for name, tensor in checkpoint.state.items()}
    # Unit 3: 1 + 4 + 4 = 9 from all sides; unit 7: 16 in its bias; unit 1: 9.5 from one side.
    state["layers.0.weight"][3, 0] = 1
    state["layers.0.bias"][3] = 2
    state["layers.1.weight"][0, 3] = 2
    state["layers.0.bias"][7] = -4
    state["layers.0.weight"][1, 5] = 9.5**0.5
    smaller = prune_units(checkpoint.trained(state), 0.8)
    assert smaller.state["layers.0.bias"].tolist() == [0, -4]  # units 1 and 7, in their order


def test_words_that_occur_little_or_are_near_the_unknown_one_go(
    checkpoint: Checkpoint, dataset: Dataset
) -> None:
    words = checkpoint.words
    counts = np.full(len(words), 10)
    counts[2] = 0
    table = checkpoint.state["embedding"].clone()
    table[UNKNOWN + 1 + 4] = table[UNKNOWN]
    base = checkpoint.trained({**checkpoint.state, "embedding": table})
    smaller = prune_words(base, counts, 2 / len(words))
    assert smaller.words == words[:2] + words[3:4] + words[5:]
    assert len(smaller.state["embedding"]) == len(words) - 1
    texts = tuple(text for text in dataset.dev.texts if words[2] not in text.split())
    np.testing.assert_allclose(logits(smaller, texts), logits(base, texts), atol=1e-5)
