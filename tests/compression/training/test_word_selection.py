import numpy as np
import pytest

from compression.data.dataset import SoftLabels, Split
from compression.settings import VocabularySettings
from compression.training.word_selection import choose_words


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        (VocabularySettings(min_count=1, max_words=3), ("b", "c", "a")),
        (VocabularySettings(min_count=2), ("b", "c")),
    ],
)
def test_words_by_falling_frequency(settings: VocabularySettings, words: tuple[str, ...]) -> None:
    split = Split(("b b a", "b c c d"), np.zeros((2, 1), dtype=bool))
    assert choose_words(SoftLabels.of(split), settings) == words


def test_words_by_falling_information() -> None:
    targets = np.array([[True], [True], [False], [False]])
    split = Split(("the yes", "the yes the", "the no", "the so no"), targets)
    by_frequency = VocabularySettings(min_count=1, max_words=2)
    assert choose_words(SoftLabels.of(split), by_frequency) == ("the", "no")
    by_information = by_frequency.model_copy(update={"by": "information"})
    assert choose_words(SoftLabels.of(split), by_information) == ("no", "yes")


def test_lone_surrogates_get_no_row() -> None:
    split = Split(("a \ud800",), np.zeros((1, 1), dtype=bool))
    assert choose_words(SoftLabels.of(split), VocabularySettings(min_count=1)) == ("a",)
