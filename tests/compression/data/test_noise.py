import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from compression.data.dataset import Split
from compression.data.noise import KINDS, Kind, noised

texts_strategy = st.lists(st.text(max_size=40), max_size=5)


def split_of(texts: list[str]) -> Split:
    return Split(tuple(texts), np.zeros((len(texts), 1), dtype=bool))


@pytest.mark.parametrize("kind", KINDS)
@given(texts=texts_strategy)
def test_any_text_can_be_noised_and_a_seed_repeats_it(kind: Kind, texts: list[str]) -> None:
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


def test_elongations_repeat_the_last_vowel() -> None:
    changed = noised(split_of(["really " * 400]), "elongations").texts[0].split()
    assert set(changed) == {"really", "reaaaally"}
    assert changed.count("reaaaally") == pytest.approx(60, abs=25)
