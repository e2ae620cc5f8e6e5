"""Candidates for unknown tokens, and the stored number."""

from collections.abc import Sequence

import numpy as np
import pytest

from edgemood.errors import LayoutError
from edgemood.text.vocabulary import MAX_BACKOFF, UNKNOWN
from edgemood.text.vocabulary.backoff import (
    LONGEST_TOKEN,
    backoff_arrays,
    check_backoff,
    ids_with_backoff,
    split_backoff,
)


def rows(tokens: Sequence[str], known: Sequence[str], backoff: int) -> list[int]:
    table = {word: row for row, word in enumerate(known, start=1)}
    return ids_with_backoff(tokens, lambda asked: [table.get(t, UNKNOWN) for t in asked], backoff)


def test_order_of_preference() -> None:
    # A doubled pair before a prefix, the left pair before the right one, long prefixes first.
    assert rows(["haappyy"], ["haappy", "happyy"], 2) == [2]
    assert rows(["stupidly"], ["stupid", "stupidl"], 2) == [2]
    assert rows(["goodd"], ["good", "godd"], 1) == [2]


def test_known_tokens_are_looked_up_once_and_unknown_ones_twice() -> None:
    calls = []

    def look_up(tokens: Sequence[str]) -> list[int]:
        calls.append(list(tokens))
        return [1 if token == "happy" else UNKNOWN for token in tokens]

    assert ids_with_backoff(["happy"], look_up, 2) == [1]
    assert ids_with_backoff(["happys", "happy", "happyly"], look_up, 2) == [1, 1, 1]
    assert [len(tokens) for tokens in calls] == [1, 3, 6]  # three candidates for each unknown token


def test_zero_turns_it_off() -> None:
    assert rows(["happys"], ["happy"], 0) == [UNKNOWN]


@pytest.mark.parametrize(("length", "row"), [(LONGEST_TOKEN, 1), (LONGEST_TOKEN + 1, UNKNOWN)])
def test_long_tokens_stay_unknown(length: int, row: int) -> None:
    token = "ab" * length
    assert rows([token[:length]], [token[: length - 1]], 2) == [row]


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
