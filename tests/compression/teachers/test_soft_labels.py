from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest
import torch

from compression.data.corpora import Corpora
from compression.data.dataset import Dataset
from compression.recipes.base_store import BaseStore
from compression.settings import BaseSettings, DistillationSettings, TransformerSettings
from compression.teachers.soft_labels import threshold_labels
from compression.teachers.teacher import Teacher


class FixedTeacher(Teacher):
    """Every logit is 2.5, and -2.5 for the head of a source."""

    def logits(  # type: ignore[override]  # narrower
        self, texts: tuple[str, ...], *, mix: Mapping[str, float] | None = None
    ) -> torch.Tensor:
        return torch.full((len(texts), 3), -2.5 if mix else 2.5)


SETTINGS = TransformerSettings(model="nowhere", sha256="0" * 64)


@pytest.mark.parametrize("weight", [0.0, 0.25, 1.0])
def test_labels_and_scores_are_blended(dataset: Dataset, tmp_path: Path, weight: float) -> None:
    settings = SETTINGS.model_copy(update={"judgement": weight})
    teacher, dev = FixedTeacher("t", settings, dataset, tmp_path), dataset.dev
    for head, score in ((None, 1 / (1 + np.exp(-2.5))), ("xed", 1 / (1 + np.exp(2.5)))):
        texts, targets = threshold_labels(teacher, dev, head=head)
        assert texts == dev.texts
        expected = (1 - weight) * dev.targets + weight * score
        np.testing.assert_allclose(targets, expected, rtol=1e-12)
        assert targets.dtype == np.float64


def test_bases_use_the_soft_labels_of_their_teacher(
    base_settings: BaseSettings, dataset: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("compression.teachers.ensemble.Teacher", FixedTeacher)
    taught = DistillationSettings(teacher="t")
    student = base_settings.model_copy(update={"distillation": taught})

    def bases(share: float) -> BaseStore:
        teacher = SETTINGS.model_copy(update={"judgement": share})
        return BaseStore(
            {"s": student, "alone": base_settings},
            Corpora(dataset),
            tmp_path,
            teachers={"t": teacher},
        )

    labels = dataset.dev.targets
    np.testing.assert_array_equal(bases(0.0).tuning_texts("s").soft_targets, labels)
    score = 1 / (1 + np.exp(-2.5))
    np.testing.assert_allclose(
        bases(0.25).tuning_texts("s").soft_targets, 0.75 * labels + 0.25 * score, rtol=1e-6
    )
    np.testing.assert_array_equal(bases(0.25).tuning_texts("alone").soft_targets, labels)
    # The weight changes the variants, not the teacher's outputs.
    assert bases(0.0).key("s") != bases(0.25).key("s")
    keys = [bases(share)._teachers["t"].key for share in (0.0, 0.25)]
    assert keys[0] == keys[1]
