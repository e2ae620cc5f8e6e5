import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from compression.data.dataset import Split
from compression.settings import DistillationSettings
from compression.training.distillation import bernoulli_divergence, distillation
from compression.training.supervision import hard_label_loss


def bernoulli_kl(p: float, q: float) -> float:
    return p * math.log(p / q) + (1 - p) * math.log((1 - p) / (1 - q))


def sigmoid(x: float) -> float:
    return 1 / (1 + math.exp(-x))


def test_by_hand() -> None:
    # One label, T = 2: KL(Bernoulli(sigmoid(1)) || Bernoulli(sigmoid(-.5))) * 4.
    found = bernoulli_divergence(torch.tensor([[2.0]]), torch.tensor([[-1.0]]), temperature=2)
    assert found.item() == pytest.approx(4 * bernoulli_kl(sigmoid(1), sigmoid(-0.5)), rel=1e-5)


@given(st.integers(0, 2**32 - 1), st.floats(1, 8))
def test_it_is_the_mean_of_each_labels_divergence(seed: int, temperature: float) -> None:
    t, s = np.random.default_rng(seed).normal(scale=2, size=(2, 4, 3))
    expected = np.mean(
        [
            bernoulli_kl(sigmoid(a / temperature), sigmoid(b / temperature))
            for a, b in zip(t.ravel(), s.ravel(), strict=True)
        ]
    )
    found = bernoulli_divergence(torch.tensor(t), torch.tensor(s), temperature=temperature)
    assert found.item() == pytest.approx(expected * temperature**2, rel=1e-6, abs=1e-9)


def test_equal_logits_give_no_loss_and_no_gradient() -> None:
    logits = torch.randn(5, 3, requires_grad=True)
    loss = bernoulli_divergence(logits.detach(), logits, temperature=3)
    loss.backward()
    assert loss.item() == pytest.approx(0, abs=1e-6)
    assert logits.grad is not None
    assert logits.grad.abs().max() < 1e-6


def test_labels_and_soft_labels_are_weighted_and_matched_to_the_batch() -> None:
    split = Split(("a", "b", "c"), np.array([[1, 0], [0, 1], [1, 1]], dtype=bool))
    teacher, student = torch.randn(3, 2), torch.randn(2, 2)
    indices = np.array([2, 0])
    texts, loss = distillation(split, teacher, DistillationSettings(teacher="t", weight=0.75))
    expected = 0.25 * hard_label_loss(split)(student, indices)
    expected += 0.75 * bernoulli_divergence(teacher[[2, 0]], student, temperature=2)
    assert torch.allclose(loss(student, indices), expected)
    assert texts == split.texts


def test_texts_without_labels_learn_from_the_teacher_alone() -> None:
    split = Split(("a", "b"), np.array([[1, 0], [0, 1]], dtype=bool))
    teacher, student = torch.randn(4, 2), torch.randn(3, 2)
    settings = DistillationSettings(teacher="t", weight=0.6, temperature=1)
    texts, loss = distillation(split, teacher, settings, augmented=("c", "d"))
    assert texts == ("a", "b", "c", "d")
    mixed = np.array([3, 1, 2])
    of_labels = hard_label_loss(split)(student[1:2], np.array([1])) / 3
    expected = 0.4 * of_labels + 0.6 * bernoulli_divergence(teacher[mixed], student, temperature=1)
    assert torch.allclose(loss(student, mixed), expected)
    unlabelled = np.array([2, 3, 2])
    expected = 0.6 * bernoulli_divergence(teacher[unlabelled], student, temperature=1)
    assert torch.allclose(loss(student, unlabelled), expected)
