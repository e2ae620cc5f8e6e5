"""The dev splits of several datasets as one."""

import numpy as np

from compression.data.dataset import SoftLabels, Split
from compression.tuning.texts import TuningPart, TuningTexts


def test_parts_are_joined_in_order() -> None:
    splits = [
        Split(("a", "b"), np.array([[True], [False]])),
        Split(("c",), np.array([[True]])),
    ]
    soft = [
        SoftLabels(("a", "b"), np.array([[0.75], [0.25]])),
        SoftLabels(("c",), np.array([[0.5]])),
    ]
    parts = [TuningPart(*of_part) for of_part in zip(splits, soft, (0.8, 0.2), strict=True)]
    joined = TuningTexts.joined(parts)
    assert joined.split.texts == ("a", "b", "c")
    assert joined.split.targets.tolist() == [[True], [False], [True]]
    assert joined.soft_targets.tolist() == [[0.75], [0.25], [0.5]]
    assert joined.parts == [(2, 0.8), (1, 0.2)]
