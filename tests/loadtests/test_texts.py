"""Lengths of the random texts."""

import random

import numpy as np
import pytest

from loadtests.texts import random_batch, random_text


def test_texts_have_the_lengths_of_comments_and_fit_the_api() -> None:
    rng = random.Random(1)
    texts = [random_text(rng) for _ in range(5000)]
    words = np.array([len(text.split()) for text in texts])
    assert np.median(words) == pytest.approx(12, abs=1.5)
    assert np.quantile(words, 0.95) < 48
    assert words.max() > 400
    assert all(1 <= len(text) <= 10_000 for text in texts)
    assert len(set(texts)) > 4900


def test_texts_depend_on_the_seed_alone() -> None:
    first, second = random.Random(1), random.Random(1)
    assert [random_text(first) for _ in range(5)] == [random_text(second) for _ in range(5)]


def test_batches_have_one_of_the_sizes() -> None:
    rng = random.Random(2)
    assert {len(random_batch(rng)) for _ in range(50)} == {2, 8, 32}
    assert len(random_batch(rng, sizes=(3,))) == 3
