"""Several teachers asked together; the teachers here say what they are told to."""

from pathlib import Path

import numpy as np
import pytest
import torch
from pydantic import ValidationError

from compression.data.dataset import Dataset
from compression.recipes.base_store import Bases
from compression.settings import BaseSettings, DistillationSettings, TransformerSettings
from compression.teachers.ensemble import Ensemble, teacher_of
from compression.teachers.transformer import Teacher
from compression.training.word_vectors import Vectors


class Told(Teacher):
    """Its logit of every label is its seed."""

    @property
    def file_bytes(self) -> int:
        return 1000

    def logits(self, texts: list[str]) -> torch.Tensor:  # type: ignore[override]
        return torch.full((len(texts), 3), float(self._settings.seed))

    def word_vectors(self, words: list[str], *, dim: int) -> Vectors:  # type: ignore[override]
        return {word: np.full(dim, self._settings.seed, dtype=np.float32) for word in words}


SETTINGS = TransformerSettings(model="nowhere", sha256="0" * 64, seeds=(1, 4))


@pytest.fixture
def ensemble(dataset: Dataset, tmp_path: Path) -> Ensemble:
    members = [
        Told(f"t.s{seed}", SETTINGS.with_seed(seed), dataset, tmp_path) for seed in SETTINGS.seeds
    ]
    return Ensemble("t", members, tmp_path)


def test_what_it_says_is_the_mean_and_kept(ensemble: Ensemble, tmp_path: Path) -> None:
    expected = torch.full((2, 3), 2.5)
    assert torch.equal(ensemble.logits(["a", "b"]), expected)
    (kept,) = tmp_path.glob(f"t-{ensemble.key}.logits-*.safetensors")
    assert kept.stat().st_size < 1000
    alone = Ensemble("t", ensemble.members, tmp_path / "empty", answers=tmp_path)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Told, "logits", None)  # nobody is asked
        assert torch.equal(alone.logits(["a", "b"]), expected)
    assert not (tmp_path / "empty").exists()


def test_bytes_are_those_of_all_and_words_those_of_the_first(ensemble: Ensemble) -> None:
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
    with pytest.raises(ValidationError, match=r"at least two different ones.*`seed`"):
        TransformerSettings(model="m", seeds=seeds)


def test_thresholds_may_be_tuned_against_the_teacher_as_well(
    base_settings: BaseSettings, dataset: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("compression.teachers.ensemble.Teacher", Told)
    taught = DistillationSettings(teacher="t")
    student = base_settings.model_copy(update={"distillation": taught})

    def bases(share: float) -> Bases:
        teacher = SETTINGS.model_copy(update={"judgement": share})
        return Bases(
            {"s": student, "alone": base_settings}, dataset, tmp_path, teachers={"t": teacher}
        )

    labels = dataset.dev.targets
    np.testing.assert_array_equal(bases(0.0).judgement("s"), labels)
    says = 1 / (1 + np.exp(-2.5))
    np.testing.assert_allclose(bases(0.25).judgement("s"), 0.75 * labels + 0.25 * says, rtol=1e-6)
    np.testing.assert_array_equal(bases(0.25).judgement("alone"), labels)
    # Another file, but the same teacher: what it said need not be asked again.
    assert bases(0.0).key("s") != bases(0.25).key("s")
    keys = [bases(share)._teachers["t"].key for share in (0.0, 0.25)]
    assert keys[0] == keys[1]
