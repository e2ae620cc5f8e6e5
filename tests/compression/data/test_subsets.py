import numpy as np
import pytest

from compression.data.dataset import Split
from compression.data.subsets import SUBSETS, Subset, subset
from compression.errors import DatasetError

TEXTS = (
    "I love it 😂",
    "so sad :(",
    "Are you sure??",
    'He asked "why?"',
    "I don&#39;t know",
    "Nothing happened.",
    "a knot in a note",
)
SPLIT = Split(TEXTS, np.eye(len(TEXTS), dtype=np.bool_))


@pytest.mark.parametrize(
    ("kind", "rows"), [("emoji", [0, 1]), ("questions", [2, 3]), ("negations", [4, 5])]
)
def test_texts_of_a_kind_with_their_labels(kind: Subset, rows: list[int]) -> None:
    found = subset(SPLIT, kind)
    assert found.texts == tuple(TEXTS[i] for i in rows)
    np.testing.assert_array_equal(found.targets, SPLIT.targets[rows])


@pytest.mark.parametrize("kind", SUBSETS)
def test_an_empty_subset_is_an_error(kind: Subset) -> None:
    with pytest.raises(DatasetError, match=kind):
        subset(Split(("fine",), np.ones((1, 1), dtype=np.bool_)), kind)
