"""The similarity of two predictions for one text."""

from typing import Literal

from edgemood import Prediction


def agreement(one: Prediction, other: Prediction) -> float:
    """Share of the labels of either variant that both predictions include or both leave out."""
    labels = one.scores.keys() | other.scores.keys()
    return 1 - len(set(one.labels) ^ set(other.labels)) / len(labels)


def comparison(one: Prediction, other: Prediction) -> Literal["agree", "disagree", "unsure"]:
    """Tell whether both give the same labels; `unsure` if one of them does not answer."""
    if one.unsure or other.unsure:
        return "unsure"
    return "agree" if set(one.labels) == set(other.labels) else "disagree"


def score_distance(one: Prediction, other: Prediction) -> float:
    """The largest difference between two scores of one label; a missing score counts as 0."""
    labels = one.scores.keys() | other.scores.keys()
    return max(abs(one.scores.get(label, 0) - other.scores.get(label, 0)) for label in labels)
