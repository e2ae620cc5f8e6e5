from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from compression.errors import CompressionError
from compression.quantizers.bit_allocation import Option, allocate

BY_HAND = {
    "table": [Option(8, 800, 0.0), Option(4, 400, 0.010), Option(2, 200, 0.100)],
    "layer": [Option(8, 80, 0.0), Option(4, 40, 0.015)],
}


@pytest.mark.parametrize(
    ("budget", "expected"),
    [
        ({"max_bytes": 880}, {"table": 8, "layer": 8}),
        ({"max_bytes": 879}, {"table": 4, "layer": 8}),  # .010 for 400 bytes beats .015 for 40
        ({"max_bytes": 479}, {"table": 4, "layer": 4}),
        ({"max_loss": 0.0}, {"table": 8, "layer": 8}),
        ({"max_loss": 0.02}, {"table": 4, "layer": 8}),
        ({"max_loss": 1.0}, {"table": 2, "layer": 4}),
    ],
)
def test_by_hand(budget: dict[str, float], expected: dict[str, int]) -> None:
    assert allocate(BY_HAND, **budget) == expected


def test_budgets_out_of_reach_name_what_can_be_reached() -> None:
    with pytest.raises(CompressionError, match=r"max_bytes = 200: the smallest choice takes 240"):
        allocate(BY_HAND, max_bytes=200)
    lossy = {"table": [Option(2, 10, 0.5)]}
    with pytest.raises(CompressionError, match=r"max_loss = 0.1: the best choice loses 0.5"):
        allocate(lossy, max_loss=0.1)
    with pytest.raises(ValueError, match="either"):
        allocate(BY_HAND)


@given(st.integers(0, 2**32 - 1))
def test_no_other_choice_is_better(seed: int) -> None:
    generator = np.random.default_rng(seed)
    options = {
        name: [
            Option(bits, int(generator.integers(1, 40)), float(generator.integers(9)) / 8)
            for bits in range(1, 1 + int(generator.integers(1, 4)))
        ]
        for name in "abcd"[: generator.integers(1, 5)]
    }
    every = [
        (sum(o.stored_bytes for o in ways), sum(o.loss for o in ways))
        for ways in product(*options.values())
    ]

    def cost(bits: dict[str, int]) -> tuple[int, float]:
        chosen = [next(o for o in options[name] if o.bits == b) for name, b in bits.items()]
        return sum(o.stored_bytes for o in chosen), sum(o.loss for o in chosen)

    size, loss = every[int(generator.integers(len(every)))]
    found = cost(allocate(options, max_bytes=size))
    assert found[0] <= size
    assert found[1] == min(other for stored, other in every if stored <= size)
    found = cost(allocate(options, max_loss=loss))
    assert found[1] <= loss
    assert found[0] == min(stored for stored, other in every if other <= loss)
