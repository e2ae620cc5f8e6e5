"""Label sets made of a variant's labels."""

import numpy as np
import pytest

from edgemood.adaptation.label_set import LabelSet
from edgemood.errors import AdaptationError

PARENT = ("joy", "anger", "sadness", "neutral")
POLARITY = ["positive=joy", "negative = anger, sadness", "neutral=neutral"]


def test_by_hand() -> None:
    """Inputs are the four logits and log(e^0 + e^1) = 1.3133 of the joined ones."""
    found = LabelSet.parse(POLARITY, PARENT)
    assert found.labels == ("positive", "negative", "neutral")
    assert found.groups == ((0,), (1, 2), (3,))
    assert found.joined == ((1, 2),)
    assert found.own(4) == (0, 4, 3)
    inputs = found.inputs(np.array([[2, 0, 1, -3]], np.float32))
    assert inputs[0].tolist() == pytest.approx([2, 0, 1, -3, 1.313262])
    decided = np.array([[False, False, True, True], [True, False, False, False]])
    assert found.given(decided).tolist() == [[False, True, True], [True, False, False]]


def test_the_labels_of_the_parent() -> None:
    found = LabelSet.same(PARENT)
    assert (found.labels, found.joined, found.own(4)) == (PARENT, (), (0, 1, 2, 3))
    logits = np.array([[2, 0, 1, -3]], np.float32)
    np.testing.assert_array_equal(found.inputs(logits), logits)
    assert LabelSet.parse([f"{label}={label}" for label in PARENT], PARENT) == found


def test_a_label_may_be_part_of_several_and_others_of_none() -> None:
    found = LabelSet.parse(["low=anger,sadness", "any=anger,joy,anger"], PARENT)
    assert found.groups == ((1, 2), (1, 0))
    assert found.own(4) == (4, 5)


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (["positive"], "'positive' is not of the form"),
        (["=joy"], "'' cannot be a label"),
        (["a="], "'a=' is not of the form"),
        (["a=joy,"], "'a=joy,' is not of the form"),
        (["a=joy", "a=anger"], "a label comes twice"),
        (["a=happy"], "the variant has no label 'happy'; it has joy, anger, sadness, neutral"),
        ([f"{65 * 'x'}=joy"], "cannot be a label"),
        (["a\x07b=joy"], "cannot be a label"),
    ],
)
def test_what_is_refused(arguments: list[str], problem: str) -> None:
    with pytest.raises(AdaptationError, match=problem):
        LabelSet.parse(arguments, PARENT)
