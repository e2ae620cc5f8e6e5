import html
import re
import unicodedata
from itertools import groupby

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from compression.data.dataset import Split
from compression.data.noise import KINDS, noised

texts_strategy = st.lists(st.text(max_size=40), max_size=5)


def split_of(texts: list[str]) -> Split:
    return Split(tuple(texts), np.zeros((len(texts), 1), dtype=bool))


@pytest.mark.parametrize("kind", KINDS)
@given(texts=texts_strategy)
def test_any_text_can_be_noised_and_a_seed_repeats_it(kind: str, texts: list[str]) -> None:
    split = split_of(texts)
    changed = noised(split, kind, seed=4)
    assert changed.texts == noised(split, kind, seed=4).texts
    assert len(changed) == len(split)
    assert changed.targets is split.targets


def test_capitals_and_bare_by_hand() -> None:
    split = split_of(["I'm so happy!! 😀", "[NAME] is here."])
    assert noised(split, "capitals").texts == ("I'M SO HAPPY!! 😀", "[NAME] IS HERE.")
    assert noised(split, "bare").texts == ("I'm so happy ", "[NAME] is here")


def test_typos_are_one_edit_in_some_longer_words() -> None:
    words = ["wonderful", "terrible", "cat", "don't"] * 500
    changed = noised(split_of([" ".join(words)]), "typos").texts[0].split(" ")
    pairs = list(zip(words, changed, strict=True))
    assert all(old == new for old, new in pairs if old in ("cat", "don't"))
    longer = [(old, new) for old, new in pairs if len(old) > 5]
    hit = [(old, new) for old, new in longer if old != new]
    assert len(hit) / len(longer) == pytest.approx(0.15, abs=0.04)
    assert all(old[0] == new[0] and abs(len(old) - len(new)) <= 1 for old, new in hit)
    assert {len(new) - len(old) for old, new in hit} == {-1, 0, 1}


def changed_words(word: str, kind: str, count: int = 400) -> list[str]:
    noisy = noised(split_of([" ".join([word] * count)]), kind).texts[0].split(" ")
    changed = [other for other in noisy if other != word]
    assert len(noisy) == count
    assert len(changed) / count == pytest.approx(0.15, abs=0.06)
    return changed


def test_elongations_reach_short_words_last_letters_and_several_runs() -> None:
    assert set(changed_words("sad", "elongations")) >= {"saddd", "saaad", "saaaadddd"}
    assert {"haaappy", "happyyyy"} <= set(changed_words("happy", "elongations"))
    assert {"BADDDD", "BAAAD"} <= set(changed_words("BAD", "elongations"))
    assert noised(split_of(["he is up"] * 50), "elongations").texts == ("he is up",) * 50


@pytest.mark.parametrize("word", ["happy", "sad", "don", "rhythm", "idea", "été"])
def test_an_elongation_only_repeats_letters(word: str) -> None:
    for other in changed_words(word, "elongations"):
        runs = [(letter, len(list(run))) for letter, run in groupby(other)]
        assert [letter for letter, _ in runs] == [letter for letter, _ in groupby(word)]
        assert 3 <= max(length for _, length in runs) <= 6
        assert 1 <= sum(length >= 3 for _, length in runs) <= 2


SAME_TO_A_READER = ("entities", "apostrophes", "invisible", "widths")
READABLE = "I can't say \"how\" much this really means & that isn't all, you're wonderful."


@pytest.mark.parametrize("kind", SAME_TO_A_READER)
def test_some_noise_is_no_noise_to_a_reader(kind: str) -> None:
    noisy = noised(split_of([READABLE] * 30), kind).texts
    assert len(set(noisy)) > 10
    for text in noisy:
        assert as_a_browser_shows(text) == READABLE


def as_a_browser_shows(text: str) -> str:
    shown = re.sub("</?(b|i|em|strong|u)>", "", html.unescape(text))
    visible = re.sub("[\u00ad\u200b-\u200d\u2060\ufeff]", "", shown)
    apostrophes = re.sub("[`\u00b4\u02bc\u2018\u2019\u2032]", "'", visible)
    return unicodedata.normalize("NFKC", apostrophes)


def test_handles_are_added_to_each_text() -> None:
    split = split_of(["I see.", ""] * 20)
    noisy = noised(split, "handles").texts
    assert all(old in new and new != old for old, new in zip(split.texts, noisy, strict=True))
    assert any(text.startswith("@") for text in noisy)
    assert any(text.endswith(".org") for text in noisy)
    assert any("https://" in text for text in noisy)


def test_braces_in_a_text_stay() -> None:
    assert all("{name}" in text for text in noised(split_of(["{name}"] * 9), "handles").texts)
