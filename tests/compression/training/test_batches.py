import numpy as np
import pytest

from compression.settings import TrainingSettings
from compression.training.batches import shuffled_batches
from edgemood.text.vocabulary import UNKNOWN

SETTINGS = TrainingSettings(batch_size=16, word_dropout=0.1)


def test_every_text_is_in_one_batch_with_its_own_rows() -> None:
    rows = [np.full(n, n, dtype=np.int32) for n in range(1, 41)]
    settings = SETTINGS.model_copy(update={"word_dropout": 0.0})
    batches = list(shuffled_batches(rows, settings, seed=0, epoch=0))
    assert sorted(i for indices, _ in batches for i in indices) == list(range(40))
    for indices, batch in batches:
        assert batch.lengths.tolist() == [i + 1 for i in indices]
        assert batch.ids.tolist() == [i + 1 for i in indices for _ in range(i + 1)]


@pytest.mark.parametrize("pool", [None, 3])
def test_seed_and_epoch_decide_the_order(pool: int | None) -> None:
    rows = [np.full(n % 7 + 1, 3, dtype=np.int32) for n in range(100)]
    settings = SETTINGS.model_copy(update={"pool": pool})

    def order(seed: int, epoch: int) -> list[int]:
        batches = shuffled_batches(rows, settings, seed=seed, epoch=epoch)
        return [int(i) for indices, _ in batches for i in indices]

    assert order(1, 2) == order(1, 2)
    assert len({tuple(order(s, e)) for s in (1, 2) for e in (1, 2)}) == 4


def test_words_become_unknown_at_the_given_rate() -> None:
    rows = [np.full(5, 3, dtype=np.int32)] * 2000
    batches = shuffled_batches(rows, SETTINGS, seed=0, epoch=0)
    ids = np.concatenate([batch.ids for _, batch in batches])
    assert set(ids) == {UNKNOWN, 3}
    assert (ids == UNKNOWN).mean() == pytest.approx(0.1, abs=0.01)


def test_pooled_batches_hold_texts_of_similar_length() -> None:
    generator = np.random.default_rng(0)
    rows = [np.full(n, 3, dtype=np.int32) for n in generator.integers(1, 60, size=1000)]
    pooled = SETTINGS.model_copy(update={"pool": 10})

    def spread(settings: TrainingSettings, epoch: int = 0) -> tuple[float, list[int]]:
        batches = list(shuffled_batches(rows, settings, seed=0, epoch=epoch))
        assert sorted(i for indices, _ in batches for i in indices) == list(range(1000))
        assert max(len(indices) for indices, _ in batches) == 16
        lengths = [np.ptp(batch.lengths) for _, batch in batches]
        return float(np.mean(lengths)), [int(batch.lengths[0]) for _, batch in batches]

    similar, first = spread(pooled)
    assert similar < 12
    assert spread(SETTINGS)[0] > 40
    assert first != sorted(first)  # batches are in random order
    assert first != spread(pooled, epoch=1)[1]
