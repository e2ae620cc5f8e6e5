"""What the shipped variants answer to texts as people write them, and to plain statements."""

from pathlib import Path

import pytest

from edgemood import Classifier
from tests.system.spellings import ELONGATIONS, EXACT
from tests.system.test_plain_sentences import PLAIN, missed

VARIANTS = Path(__file__).parents[2] / "variants"
SAME_LABELS = (
    ("mail me at love@awesome.org", "mail me"),
    ("@happy_joy see you at 5", "@john see you at 5"),
    ("see https://example.org/i-hate-you", "see www.example.com"),
    ("THIS IS SOOOO BADDDD", "this is so bad"),
    ("i am saddd", "i am sad"),
)
"""Texts of which only the labels need to be equal."""
CLEAR = (
    ("I just got the job, I can't stop smiling!", "joy"),
    ("Leave me alone!", "anger"),
    ("He is furious about the decision", "anger"),
)


@pytest.fixture(scope="module", params=["apot-kd", "apot-80k", "fp32"])
def classifier(request: pytest.FixtureRequest) -> Classifier:
    return Classifier.open(VARIANTS / f"{request.param}.safetensors")


@pytest.fixture(scope="module", params=["apot-80k", "fp32"])
def larger(request: pytest.FixtureRequest) -> Classifier:
    """The variants that know more words than `apot-kd`."""
    return Classifier.open(VARIANTS / f"{request.param}.safetensors")


def test_texts_that_read_the_same_have_equal_scores(classifier: Classifier) -> None:
    for written, plain in EXACT:
        one, other = classifier.scores([written]), classifier.scores([plain])
        assert (one == other).all(), ascii(written)


def test_elongated_words_do_not_change_the_labels(classifier: Classifier) -> None:
    check_same_labels(classifier, ELONGATIONS)


def test_addresses_and_handles_do_not_change_the_labels(larger: Classifier) -> None:
    check_same_labels(larger, SAME_LABELS)


def check_same_labels(classifier: Classifier, pairs: tuple[tuple[str, str], ...]) -> None:
    written, plain = (classifier.classify(list(texts)) for texts in zip(*pairs, strict=True))
    different = [
        pair for pair, a, b in zip(pairs, written, plain, strict=True) if a.labels != b.labels
    ]
    assert not different


def test_clear_statements(larger: Classifier) -> None:
    found = larger.classify([text for text, _ in CLEAR])
    assert [label in p.labels for (_, label), p in zip(CLEAR, found, strict=True)] == [True] * 3


def test_the_best_buy_gets_nine_of_ten_plain_sentences_right() -> None:
    best_buy = Classifier.open(VARIANTS / "apot-80k.safetensors")
    assert len(PLAIN) - len(missed(best_buy, PLAIN)) >= 54
