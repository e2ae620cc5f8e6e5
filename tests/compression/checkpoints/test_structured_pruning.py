"""Removal of hidden units and words from networks."""

import numpy as np
import pytest
import torch

from compression.checkpoints.checkpoint import Checkpoint
from compression.checkpoints.structured_pruning import prune_units, prune_words
from compression.data.dataset import Dataset
from compression.settings import BaseSettings
from compression.training.base_training import untrained_base
from compression.training.inference import encode_texts, logits_of
from edgemood.text.vocabulary import UNKNOWN


def logits(checkpoint: Checkpoint, texts: tuple[str, ...]) -> np.ndarray:
    return logits_of(checkpoint.module(), encode_texts(texts, checkpoint.vocabulary)).numpy()


def zeroed(checkpoint: Checkpoint, units: int) -> Checkpoint:
    """The first units of every hidden layer get zeros for weights, so nothing depends on them."""
    state = {name: tensor.clone() for name, tensor in checkpoint.state.items()}
    for group in checkpoint.module().unit_groups():
        for name, axis, places in group.slices:
            state[name].index_fill_(axis, places[:units].flatten(), 0.0)
    return checkpoint.trained(state)


def test_units_without_weights_are_removed_first_and_nothing_changes(
    checkpoint: Checkpoint, dataset: Dataset, architecture: str
) -> None:
    base = zeroed(checkpoint, units=2)
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


Entry = tuple[str, tuple[int, ...], float]


@pytest.mark.parametrize(
    ("model", "entries", "stay"),
    [
        (
            {"architecture": "bag", "dim": 12, "hidden": [10]},
            # Squares: unit 3 has 1 + 4 + 4 = 9 on all sides, unit 7 has 16, unit 1 has 9.5.
            [
                ("layers.0.weight", (3, 0), 1.0),
                ("layers.0.bias", (3,), 2.0),
                ("layers.1.weight", (0, 3), 2.0),
                ("layers.0.bias", (7,), -4.0),
                ("layers.0.weight", (1, 5), 9.5**0.5),
            ],
            [("layers.0.weight", (0, 5), 9.5**0.5), ("layers.0.bias", (1,), -4.0)],
        ),
        (
            {"architecture": "gru", "dim": 8, "hidden": 10, "head": [10]},
            # Unit 7 has a weight from and to itself, in the last of three gates.
            [
                ("gru.0.input", (3, 0), 1.0),
                ("gru.0.hidden_bias", (10 + 3,), 2.0),
                ("layers.0.weight", (0, 3), 2.0),
                ("gru.0.hidden", (20 + 7, 7), 3.0),
                ("gru.0.input_bias", (10 + 1,), 9.5**0.5),
            ],
            [("gru.0.hidden", (4 + 1, 1), 3.0), ("gru.0.input_bias", (2 + 0,), 9.5**0.5)],
        ),
    ],
    ids=["bag", "gru"],
)
def test_strength_by_hand(
    dataset: Dataset, model: dict[str, object], entries: list[Entry], stay: list[Entry]
) -> None:
    base = untrained_base(BaseSettings.model_validate({"model": model}), dataset, key="k")
    state = {name: torch.zeros_like(tensor) for name, tensor in base.state.items()}
    for name, place, value in entries:
        state[name][place] = value
    pruned = prune_units(base.trained(state), 0.8).state
    for name, place, value in stay:
        assert float(pruned[name][place]) == np.float32(value)
        assert int(torch.count_nonzero(pruned[name])) == 1


def test_rare_words_and_words_near_the_unknown_one_are_removed(
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
