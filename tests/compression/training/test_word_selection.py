import numpy as np
import pytest

from compression.data.dataset import SoftLabels, Split
from compression.settings import VocabularySettings
from compression.training.word_selection import choose_words, find_elongations


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


def test_special_tokens_always_get_a_row() -> None:
    split = Split(("a a b b :) c", "a b"), np.zeros((2, 1), dtype=bool))
    settings = VocabularySettings(min_count=2, max_words=2)
    assert choose_words(SoftLabels.of(split), settings) == ("a", "[smiling]")


def test_elongations_get_no_row() -> None:
    text = 9 * "so too good no " + 3 * "tooo soooo soo noooo goood ahhh " + "ah goood"
    split = Split((text,), np.zeros((1, 1), dtype=bool))
    words = choose_words(SoftLabels.of(split), VocabularySettings(min_count=1))
    assert words == ("good", "too", "no", "so", "ahh", "ah")


@pytest.mark.parametrize(
    ("spellings", "elongations"),
    [
        ({"too": 100, "tooo": 25, "to": 900}, set()),  # a quarter is usual
        ({"too": 100, "tooo": 20, "tooooo": 6, "to": 900}, {"too"}),
        ({"soo": 10, "soooo": 30, "so": 40}, set()),  # not more frequent
        ({"soo": 10, "soooo": 30, "so": 41}, {"soo"}),
        ({"sooon": 5, "son": 9, "soon": 0}, {"soon"}),
        ({"hmmm": 5, "hm": 1}, set()),
        ({"haaappyyy": 2, "happy": 9}, {"haappyy"}),
        ({"yesss": 5, "yes": 1}, set()),
        ({"lololol": 3, "lol": 9, "haha": 2, "hahahaha": 9, "ha": 99}, {"lolol"}),
    ],
)
def test_what_is_an_elongation(spellings: dict[str, int], elongations: set[str]) -> None:
    assert find_elongations(spellings, min_count=2) == elongations
