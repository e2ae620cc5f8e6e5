import pytest
from hypothesis import given
from hypothesis import strategies as st

from compression.data.augmentation import augmented
from compression.settings import AugmentationSettings

TEXTS = ("one two three four", "five six seven eight nine", "ten eleven", "twelve")
texts_strategy = st.lists(st.text(alphabet="ab cd", max_size=12), max_size=6)


@given(texts_strategy, st.integers(1, 40), st.integers(0, 2**32 - 1))
def test_all_are_new_and_the_same_for_a_seed(texts: list[str], count: int, seed: int) -> None:
    settings = AugmentationSettings(texts=count)
    made = augmented(texts, settings, seed=seed)
    assert made == augmented(texts, settings, seed=seed)
    assert len(made) <= count
    assert len({*made, *texts}) == len(made) + len(set(texts))
    words = {word for text in texts for word in text.split()}
    assert all(text.split() and set(text.split()) <= words for text in made)


def test_the_three_kinds() -> None:
    made = augmented(TEXTS, AugmentationSettings(texts=60, dropout=0.4), seed=1)
    spans, joined, thinned = (made[kind::3] for kind in range(3))
    assert all(any(text in whole for whole in TEXTS) for text in spans)
    halves = {
        " ".join(a.split()[: (len(a.split()) + 1) // 2] + b.split()[len(b.split()) // 2 :])
        for a in TEXTS
        for b in TEXTS
    }
    assert set(joined) <= halves

    def drops_words(text: str) -> bool:
        positions = [list(iter(whole.split())) for whole in TEXTS]
        return any(
            [word for word in whole if word in text.split()] == text.split() for whole in positions
        )

    assert all(drops_words(text) for text in thinned)


def test_the_given_number_of_texts_is_made_if_the_source_suffices() -> None:
    texts = [" ".join(f"w{i}{j}" for j in range(8)) for i in range(200)]
    assert len(augmented(texts, AugmentationSettings(texts=3000), seed=0)) == 3000


@pytest.mark.parametrize("texts", [(), ("",), ("word",)])
def test_sources_without_new_texts_give_fewer(texts: tuple[str, ...]) -> None:
    assert augmented(texts, AugmentationSettings(texts=10), seed=0) == ()
