"""The stored number of code points that an unknown token may lose."""

import numpy as np
import pytest

from edgemood.errors import LayoutError
from edgemood.text.vocabulary import MAX_BACKOFF
from edgemood.text.vocabulary.backoff import backoff_arrays, check_backoff, split_backoff


@pytest.mark.parametrize("backoff", [0, 1, MAX_BACKOFF])
def test_stored_number_round_trip(backoff: int) -> None:
    words = np.zeros(3, np.uint8)
    stored = {"words": words, **backoff_arrays(backoff)}
    assert set(stored) == ({"words", "backoff"} if backoff else {"words"})
    number, others = split_backoff(stored)
    assert (number, list(others)) == (backoff, ["words"])


def test_a_malformed_number_is_refused() -> None:
    with pytest.raises(LayoutError):
        split_backoff({"backoff": np.zeros(2, np.uint8)})
    with pytest.raises(LayoutError):
        split_backoff({"backoff": np.zeros(1, np.uint16)})


@pytest.mark.parametrize("backoff", [-1, MAX_BACKOFF + 1])
def test_numbers_out_of_range_are_refused(backoff: int) -> None:
    with pytest.raises(LayoutError, match=str(MAX_BACKOFF)):
        check_backoff(backoff)
