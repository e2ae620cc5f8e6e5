from collections.abc import Mapping

import numpy as np
import pytest

from compression.data.dataset import Dataset, Split
from compression.errors import DatasetError


def split(*texts: str, labels: int = 2) -> Split:
    return Split(texts, np.eye(len(texts), labels, dtype=bool))


SPLITS: Mapping[str, Split] = {"train": split("a", "b"), "dev": split("c"), "test": split("d")}


def test_the_digest_depends_on_labels_train_and_dev_only() -> None:
    digests = [
        Dataset(("x", "y"), SPLITS).sha256,
        Dataset(("y", "x"), SPLITS).sha256,
        Dataset(("x", "y"), {**SPLITS, "train": split("b", "a")}).sha256,
        Dataset(("x", "y"), {**SPLITS, "dev": split("other")}).sha256,
    ]
    assert len(set(digests)) == 4
    assert Dataset(("x", "y"), {**SPLITS, "test": split("other")}).sha256 == digests[0]


def test_the_digest_of_a_split_depends_on_texts_and_targets() -> None:
    assert split("ab", "c").sha256 != split("a", "bc").sha256
    assert split("a").sha256 != Split(("a",), np.array([[False, True]])).sha256


@pytest.mark.parametrize(
    ("labels", "splits", "problem"),
    [
        (("x", "y"), {**SPLITS, "dev": split()}, "dev"),
        (("x", "x"), SPLITS, "'x' is listed twice"),
        (("x", ""), SPLITS, "''"),
    ],
)
def test_unusable_data_is_refused(
    labels: tuple[str, ...], splits: Mapping[str, Split], problem: str
) -> None:
    with pytest.raises(DatasetError, match=problem):
        Dataset(labels, splits)
