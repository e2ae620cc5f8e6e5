"""Bit allocation: the best number of bits for each weight under a budget of bytes or of loss.

The losses of the weights are assumed to add up. Partial choices that are larger and worse than
another can then be dropped, and the search is exact and small.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from compression.errors import CompressionError


class Option(NamedTuple):
    """One way to store one weight."""

    bits: int
    stored_bytes: int
    loss: float


class _Choice(NamedTuple):
    stored_bytes: int
    loss: float
    bits: tuple[int, ...]


def allocate(
    options: Mapping[str, Sequence[Option]],
    *,
    max_bytes: int | None = None,
    max_loss: float | None = None,
) -> dict[str, int]:
    """Choose the bits of each weight by dynamic programming.

    Args:
        options: the ways to store each weight.
        max_bytes: of all weights together; the choice then has the smallest loss.
        max_loss: summed over the weights; the choice then has the fewest bytes.

    Raises:
        CompressionError: no choice keeps within the budget.
        ValueError: there is not exactly one budget.
    """
    if (max_bytes is None) == (max_loss is None):
        raise ValueError("give either max_bytes or max_loss")
    front = [_Choice(0, 0.0, ())]
    for ways in options.values():
        front = _undominated(
            [
                _Choice(c.stored_bytes + o.stored_bytes, c.loss + o.loss, (*c.bits, o.bits))
                for c in front
                for o in ways
            ]
        )
    if max_bytes is not None:
        within = [choice for choice in front if choice.stored_bytes <= max_bytes]
        reached = f"max_bytes = {max_bytes}: the smallest choice takes {front[0].stored_bytes}"
    else:
        within = [choice for choice in front if choice.loss <= (max_loss or 0.0)]
        reached = f"max_loss = {max_loss}: the best choice loses {front[-1].loss:.4f}"
    if not within:
        raise CompressionError(f"{reached}; raise the budget or add widths")
    best = within[-1] if max_bytes is not None else within[0]
    return dict(zip(options, best.bits, strict=True))


def _undominated(choices: list[_Choice]) -> list[_Choice]:
    """By rising bytes and falling loss."""
    front: list[_Choice] = []
    for choice in sorted(choices):
        if not front or choice.loss < front[-1].loss:
            front.append(choice)
    return front
