import pytest

from edgemood import Prediction
from service.inference.agreement import agreement, comparison, score_distance


def test_agreement_is_the_share_of_labels_that_are_the_same() -> None:
    scores = dict.fromkeys(("joy", "sadness", "anger", "fear"), 0.5)
    one, other = Prediction(("joy", "fear"), scores), Prediction(("joy", "anger"), scores)
    assert agreement(one, other) == 0.5
    assert agreement(one, one) == 1


@pytest.mark.parametrize(
    ("one", "other", "result"),
    [
        ((("joy", "fear"), None), (("fear", "joy"), None), "agree"),
        ((("joy",), None), (("joy",), False), "agree"),
        (((), None), ((), False), "agree"),
        ((("joy",), None), ((), False), "disagree"),
        (((), None), ((), True), "unsure"),
        (((), True), (("joy",), None), "unsure"),
        (((), True), ((), True), "unsure"),
    ],
)
def test_unsure_texts_neither_agree_nor_disagree(one: tuple, other: tuple, result: str) -> None:
    predictions = [Prediction(labels, {}, unsure) for labels, unsure in (one, other)]
    assert comparison(*predictions) == result


def test_score_distance_by_hand() -> None:
    one = Prediction((), {"joy": 0.9, "fear": 0.2})
    other = Prediction((), {"joy": 0.7, "anger": 0.3})
    assert score_distance(one, other) == pytest.approx(0.3)
    assert score_distance(one, one) == 0
