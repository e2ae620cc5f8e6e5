import numpy as np
import pytest

from compression.data.corpora import Corpora
from compression.data.dataset import Dataset, Split


def dataset(train: str, dev: str, test: str) -> Dataset:
    splits = {
        name: Split(tuple(texts), np.ones((len(texts), 1), dtype=np.bool_))
        for name, texts in (("train", train), ("dev", dev), ("test", test))
    }
    return Dataset(("a",), splits)


@pytest.fixture
def corpora() -> Corpora:
    main, source = dataset("abc", "d", "e"), dataset("fg", "h", "i")
    return Corpora(main, {"source": source}, {"texts": "adehixyz"})


def test_texts_of_dev_and_test_splits_are_held_out(corpora: Corpora) -> None:
    assert corpora.held_out == frozenset("dehi")
    assert corpora.collection("texts") == tuple("axyz")


def test_digests_cover_what_is_learned_from(corpora: Corpora) -> None:
    assert corpora.sha256("source") == corpora.sources["source"].sha256
    other = Corpora(corpora.main, corpora.sources, {"texts": "axyz"})
    assert other.sha256("texts") == corpora.sha256("texts")
    fewer = Corpora(corpora.main, corpora.sources, {"texts": "axy"})
    assert fewer.sha256("texts") != corpora.sha256("texts")
