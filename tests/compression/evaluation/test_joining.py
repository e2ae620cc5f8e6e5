"""Labels that count as others, by hand."""

import numpy as np
import pytest

from compression.errors import CompressionError
from compression.evaluation.joining import LabelJoin

OWN = ("curiosity", "joy", "caring", "surprise", "neutral")
LABELS = ("joy", "surprise", "neutral")
JOINED = {"caring": "joy", "curiosity": "surprise"}


def test_scores_are_the_highest_and_decisions_any_of_a_group() -> None:
    join = LabelJoin.of(OWN, LABELS, JOINED)
    scores = np.array([[0.9, 0.2, 0.3, 0.4, 0.5], [0.1, 0.7, 0.6, 0.2, 0.0]], dtype=np.float32)
    np.testing.assert_array_equal(
        join(scores), np.array([[0.3, 0.9, 0.5], [0.7, 0.2, 0.0]], dtype=np.float32)
    )
    given = np.array([[False, False, True, False, True], [True, False, False, True, False]])
    np.testing.assert_array_equal(join(given), [[True, False, True], [False, True, False]])


@pytest.mark.parametrize("joined", [None, JOINED])
def test_a_variant_with_the_labels_of_the_data_stays_as_it_is(
    joined: dict[str, str] | None,
) -> None:
    scores = np.random.default_rng(0).random((4, 3))
    np.testing.assert_array_equal(LabelJoin.of(LABELS, LABELS, joined)(scores), scores)


@pytest.mark.parametrize(
    ("joined", "message"),
    [
        (None, "its labels are curiosity, joy, caring, surprise, neutral; the data's are joy, sur"),
        ({"caring": "joy"}, "its labels are curiosity, joy, surprise, neutral; the data's are joy"),
        ({**JOINED, "grief": "joy"}, "cannot join grief: its labels are curiosity, joy, caring"),
        ({**JOINED, "neutral": "calm"}, "its labels are surprise, joy, calm; the data's are"),
    ],
)
def test_labels_that_do_not_become_those_of_the_data(
    joined: dict[str, str] | None, message: str
) -> None:
    with pytest.raises(CompressionError, match=message):
        LabelJoin.of(OWN, LABELS, joined)


def test_another_order_is_refused_without_joining() -> None:
    with pytest.raises(CompressionError, match="its labels are joy, neutral, surprise"):
        LabelJoin.of(("joy", "neutral", "surprise"), LABELS)
