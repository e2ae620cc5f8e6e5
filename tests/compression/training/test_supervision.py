import numpy as np
import torch

from compression.data.dataset import Split
from compression.training.supervision import label_supervision


def test_the_loss_is_the_mean_cross_entropy_with_the_chosen_texts_labels() -> None:
    split = Split(("a", "b", "c"), np.array([[True, False], [False, False], [True, True]]))
    texts, loss = label_supervision(split)
    assert texts == split.texts
    logits = torch.tensor([[2.0, -1.0], [0.5, 0.0]])
    p = 1 / (1 + np.exp(-logits.numpy().astype(np.float64)))
    expected = -np.log([p[0, 0], p[0, 1], p[1, 0], 1 - p[1, 1]]).mean()  # of texts c and a
    assert np.isclose(float(loss(logits, np.array([2, 0]))), expected)
