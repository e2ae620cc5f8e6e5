"""Ensembles of teachers with fixed logits."""

from pathlib import Path

import numpy as np
import pytest
import torch
from pydantic import ValidationError

from compression.data.dataset import Dataset, Split
from compression.settings import TransformerSettings
from compression.teachers.ensemble import Ensemble, teacher_of
from compression.teachers.label_heads import MAIN_HEAD
from compression.teachers.teacher import Teacher
from compression.training.word_vectors import Vectors


class FixedTeacher(Teacher):
    """Its logit of every label is its seed, or -1 for the head of a source."""

    @property
    def file_bytes(self) -> int:
        return 1000

    def head_logits(self, head: str, texts: list[str]) -> torch.Tensor:  # type: ignore[override]
        value = self._settings.seed if head == MAIN_HEAD else -1
        return torch.full((len(texts), 3), float(value))

    def word_vectors(self, words: list[str], *, dim: int) -> Vectors:  # type: ignore[override]
        return {word: np.full(dim, self._settings.seed, dtype=np.float32) for word in words}


def other_labels(dataset: Dataset) -> Dataset:
    """The same texts with the opposite labels."""
    splits = {name: Split(s.texts, ~s.targets) for name, s in dataset.splits.items()}
    return Dataset(dataset.labels, splits)


SETTINGS = TransformerSettings(model="nowhere", sha256="0" * 64, seeds=(1, 4))


@pytest.fixture
def ensemble(dataset: Dataset, tmp_path: Path) -> Ensemble:
    members = [
        FixedTeacher(
            f"t.s{seed}",
            SETTINGS.with_seed(seed),
            dataset,
            tmp_path,
            sources={"other": other_labels(dataset)},
        )
        for seed in SETTINGS.seeds
    ]
    return Ensemble("t", members, tmp_path)


def test_its_logits_are_the_mean_and_stored(ensemble: Ensemble, tmp_path: Path) -> None:
    expected = torch.full((2, 3), 2.5)
    assert torch.equal(ensemble.logits(["a", "b"]), expected)
    (stored,) = tmp_path.glob(f"t-{ensemble.key}.logits-*.safetensors")
    assert stored.stat().st_size < 1000
    alone = Ensemble("t", ensemble.members, tmp_path / "empty", teacher_outputs=tmp_path)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(FixedTeacher, "head_logits", None)  # no member computes
        assert torch.equal(alone.logits(["a", "b"]), expected)
    assert not (tmp_path / "empty").exists()


def test_a_mix_is_made_of_the_stored_means_of_each_head(ensemble: Ensemble, tmp_path: Path) -> None:
    expected = torch.full((2, 3), 0.75 * 2.5 + 0.25 * -1)
    assert torch.equal(ensemble.logits(["a", "b"], mix={"other": 0.25}), expected)
    assert len(list(tmp_path.glob(f"t-{ensemble.key}.logits-*.safetensors"))) == 2


def test_bytes_of_all_members_and_word_vectors_of_the_first(ensemble: Ensemble) -> None:
    assert ensemble.file_bytes == 2000
    assert ensemble.word_vectors(["x"], dim=2)["x"].tolist() == [1, 1]


def test_other_members_are_another_ensemble(ensemble: Ensemble, tmp_path: Path) -> None:
    keys = {Ensemble("t", ensemble.members[:n], tmp_path).key for n in (1, 2)}
    assert len({*keys, *(member.key for member in ensemble.members)}) == 4


def test_several_seeds_in_a_recipe_make_an_ensemble(dataset: Dataset, tmp_path: Path) -> None:
    made = teacher_of("t", SETTINGS, dataset, tmp_path)
    assert isinstance(made, Ensemble)
    assert [member.name for member in made.members] == ["t.s1", "t.s4"]
    one = teacher_of("t", SETTINGS.with_seed(4), dataset, tmp_path)
    assert isinstance(one, Teacher)
    assert one.key == made.members[1].key != made.members[0].key


@pytest.mark.parametrize("seeds", [(3,), (3, 3)])
def test_seeds_must_be_several(seeds: tuple[int, ...]) -> None:
    with pytest.raises(ValidationError, match=r"`seeds`"):
        TransformerSettings(model="m", seeds=seeds)
