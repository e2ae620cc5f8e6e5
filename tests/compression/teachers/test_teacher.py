from pathlib import Path

import numpy as np
import pytest
import torch

from compression.data.corpora import Corpora
from compression.data.dataset import Dataset
from compression.errors import TeacherError
from compression.recipes.base_store import BaseStore
from compression.settings import (
    AugmentationSettings,
    BaseSettings,
    DistillationSettings,
    TeacherStart,
    TransformerSettings,
)
from compression.teachers import teacher as teacher_module
from compression.teachers.teacher import Teacher
from compression.training.inference import encode_texts, logits_of
from edgemood.format.file import file_sha256


def test_it_learns_and_its_outputs_are_stored(
    settings: TransformerSettings, dataset: Dataset, tmp_path: Path
) -> None:
    texts, folder = dataset.splits["test"].texts, tmp_path / "new"
    logits = Teacher("t", settings, dataset, folder).logits(texts)
    assert ((logits.numpy() > 0) == dataset.splits["test"].targets).mean() > 0.9
    stored = sorted(path.name.split(".", 1)[1] for path in folder.iterdir())
    assert len(stored) == 2
    assert stored[-1] == "safetensors"
    again = Teacher("t", settings, dataset, folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(teacher_module, "Transformer", None)  # nothing is loaded
        torch.testing.assert_close(again.logits(texts), logits, rtol=0, atol=0)


def test_a_texts_logits_hardly_depend_on_its_batch(teacher: Teacher, dataset: Dataset) -> None:
    texts = dataset.dev.texts[:7]
    together = teacher.logits(texts)
    alone = torch.cat([teacher._network.logits([text]) for text in texts])
    torch.testing.assert_close(alone, together, atol=0.05, rtol=0.05)  # bfloat16


def test_word_vectors_are_those_of_the_words_alone(teacher: Teacher) -> None:
    words = ["happy", "sad", "angry"]
    vectors = teacher.word_vectors(words, dim=16)
    expected = teacher._network.pooled(words)
    expected = expected - expected.mean(dim=0)
    np.testing.assert_allclose(np.stack([*vectors.values()]), expected, atol=0.05)
    narrow = np.stack([*teacher.word_vectors(words, dim=2).values()])
    assert narrow.shape == (3, 2)
    # Three points lie in a plane: two components keep their distances.
    np.testing.assert_allclose(
        np.linalg.norm(narrow[0] - narrow[1]), np.linalg.norm(expected[0] - expected[1]), atol=0.05
    )


def test_shared_outputs_need_no_transformer(
    settings: TransformerSettings, dataset: Dataset, source: Path, folder: Path, tmp_path: Path
) -> None:
    pinned = settings.model_copy(update={"sha256": file_sha256(source / "model.safetensors")})
    first = Teacher("t", pinned, dataset, tmp_path / "first")
    logits = first.logits(["happy", "sad"])
    outputs = tmp_path / "outputs"
    outputs.mkdir()
    for path in (tmp_path / "first").glob("*.logits-*"):
        path.rename(outputs / path.name)
    gone = pinned.model_copy(update={"model": "missing/model"})
    second = Teacher("t", gone, dataset, tmp_path / "second", teacher_outputs=outputs)
    assert torch.equal(second.logits(["happy", "sad"]), logits)
    assert second.file_bytes == first.file_bytes > 1000
    assert not (tmp_path / "second").exists()


def test_a_teacher_of_another_name_and_the_same_key_uses_the_stored_weights(
    settings: TransformerSettings, teacher: Teacher, dataset: Dataset, folder: Path
) -> None:
    logits = teacher.logits(["happy", "sad"])
    again = Teacher("another-name", settings, dataset, folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(teacher_module, "FineTuning", None)  # nothing is trained again
        assert torch.equal(again.logits(["happy", "sad"]), logits)
        again.logits(["angry"])


def test_other_weights_than_the_recipes_are_refused(
    settings: TransformerSettings, dataset: Dataset, tmp_path: Path
) -> None:
    wrong = settings.model_copy(update={"sha256": "0" * 64})
    with pytest.raises(TeacherError, match="0" * 64):
        Teacher("t", wrong, dataset, tmp_path).logits(["happy"])


def test_the_key_depends_on_weights_and_settings_but_not_on_their_folder(
    source: Path, settings: TransformerSettings, dataset: Dataset, tmp_path: Path
) -> None:
    def key(**changes: object) -> str:
        return Teacher("t", settings.model_copy(update=changes), dataset, tmp_path).key

    moved = tmp_path / "moved"
    moved.mkdir()
    for path in source.iterdir():
        (moved / path.name).write_bytes(path.read_bytes())
    assert key(model=str(moved)) == key()
    assert key(seed=1) != key()
    (moved / "config.json").write_text("{}")
    assert key(model=str(moved)) != key()


def test_a_student_of_a_transformer(
    base_settings: BaseSettings,
    settings: TransformerSettings,
    teacher: Teacher,
    dataset: Dataset,
    folder: Path,
) -> None:
    student = base_settings.model_copy(
        update={
            "distillation": DistillationSettings(teacher="t", weight=0.9, temperature=1.0),
            "augmentation": AugmentationSettings(texts=200),
            "embedding": TeacherStart(start="teacher", teacher="t"),
        }
    )
    bases = BaseStore({"s": student}, Corpora(dataset), folder, teachers={"t": settings})
    texts, _ = bases.supervision("s")
    assert len(texts) == len(dataset.train) + 200
    checkpoint = bases.checkpoint("s")
    rows = encode_texts(dataset.dev.texts, checkpoint.vocabulary)
    own = logits_of(checkpoint.module(), rows).numpy() > 0
    assert (own == (teacher.logits(dataset.dev.texts).numpy() > 0)).mean() > 0.9
    other = settings.model_copy(update={"seed": 5})
    assert BaseStore({"s": student}, Corpora(dataset), folder, teachers={"t": other}).key(
        "s"
    ) != bases.key("s")
