"""The hidden units of every architecture, and settings with fewer of them."""

import torch

from compression.checkpoints.checkpoint import Checkpoint
from compression.checkpoints.folding import fold
from compression.errors import CompressionError


def both(checkpoint: Checkpoint) -> list[Checkpoint]:
    """A base, and the same base folded if that makes it narrower."""
    try:
        return [checkpoint, fold(checkpoint)]
    except CompressionError:
        return [checkpoint]


def test_units_have_distinct_places(checkpoint: Checkpoint) -> None:
    for base in both(checkpoint):
        for group in base.module().unit_groups():
            assert group.units > 1
            for name, axis, places in group.slices:
                assert len(places) == group.units
                assert len(torch.unique(places)) == places.numel()
                assert int(places.max()) < base.state[name].shape[axis]


def test_settings_with_other_widths_ask_for_the_shapes_that_the_slices_leave(
    checkpoint: Checkpoint,
) -> None:
    for base in both(checkpoint):
        model, shapes = base.settings.model, {n: list(t.shape) for n, t in base.state.items()}
        for group in base.module().unit_groups():
            model = model.with_units(group.layer, group.units - 1)
            for name, axis, places in group.slices:
                shapes[name][axis] -= places.shape[1]
        rows = len(base.words) + 1
        smaller = model.build(rows=rows, labels=len(base.labels)).state_dict()
        assert {name: list(values.shape) for name, values in smaller.items()} == shapes
