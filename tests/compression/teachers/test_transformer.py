"""A transformer of a few hundred weights, made here: fine-tuned, cut off, asked, and teaching."""

from pathlib import Path

import numpy as np
import pytest
import torch

from compression.data.dataset import Dataset
from compression.errors import CheckpointError, TeacherError
from compression.recipes.base_store import Bases
from compression.settings import (
    AugmentationSettings,
    BaseSettings,
    DistillationSettings,
    TeacherStart,
    TransformerSettings,
)
from compression.teachers import transformer as teaching
from compression.teachers.transformer import FineTuning, Teacher, Transformer
from compression.training.inference import encode_texts, logits_of
from edgemood.format.artifact import file_sha256


@pytest.fixture(scope="session")
def source(dataset: Dataset, tmp_path_factory: pytest.TempPathFactory) -> Path:
    from transformers import BertConfig, BertModel, BertTokenizerFast

    folder = tmp_path_factory.mktemp("transformer")
    words = sorted({word for text in dataset.train.texts for word in text.lower().split()})
    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    vocabulary = {word: i for i, word in enumerate([*special, *words, "[", "]", "name", "!"])}
    torch.manual_seed(0)
    config = BertConfig(
        vocab_size=len(vocabulary),
        hidden_size=16,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=16,
        max_position_embeddings=32,
    )
    BertModel(config).save_pretrained(folder)
    BertTokenizerFast(vocab=vocabulary).save_pretrained(folder)
    return folder


@pytest.fixture(scope="session")
def settings(source: Path) -> TransformerSettings:
    return TransformerSettings(
        model=str(source), epochs=3, batch_size=16, learning_rate=5e-3, max_tokens=16
    )


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the teacher that all tests share is kept."""
    return tmp_path_factory.mktemp("teacher")


@pytest.fixture(scope="session")
def teacher(settings: TransformerSettings, dataset: Dataset, folder: Path) -> Teacher:
    return Teacher("t", settings, dataset, folder)


def test_it_learns_and_what_it_says_is_kept(
    settings: TransformerSettings, dataset: Dataset, tmp_path: Path
) -> None:
    texts, folder = dataset.splits["test"].texts, tmp_path / "new"
    logits = Teacher("t", settings, dataset, folder).logits(texts)
    assert ((logits.numpy() > 0) == dataset.splits["test"].targets).mean() > 0.9
    kept = sorted(path.name.split(".", 1)[1] for path in folder.iterdir())
    assert len(kept) == 2
    assert kept[-1] == "safetensors"
    again = Teacher("t", settings, dataset, folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(teaching, "Transformer", None)  # nothing is loaded
        torch.testing.assert_close(again.logits(texts), logits, rtol=0, atol=0)


def test_company_hardly_changes_what_it_says_of_a_text(teacher: Teacher, dataset: Dataset) -> None:
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


def test_answers_from_elsewhere_need_no_transformer(
    settings: TransformerSettings, dataset: Dataset, source: Path, folder: Path, tmp_path: Path
) -> None:
    pinned = settings.model_copy(update={"sha256": file_sha256(source / "model.safetensors")})
    first = Teacher("t", pinned, dataset, tmp_path / "first")
    logits = first.logits(["happy", "sad"])
    answers = tmp_path / "answers"
    answers.mkdir()
    for path in (tmp_path / "first").glob("*.logits-*"):
        path.rename(answers / path.name)
    gone = pinned.model_copy(update={"model": "nobody/nothing"})
    second = Teacher("t", gone, dataset, tmp_path / "second", answers=answers)
    assert torch.equal(second.logits(["happy", "sad"]), logits)
    assert second.file_bytes == first.file_bytes > 1000
    assert not (tmp_path / "second").exists()


def test_a_recipe_may_call_it_something_else(
    settings: TransformerSettings, teacher: Teacher, dataset: Dataset, folder: Path
) -> None:
    logits = teacher.logits(["happy", "sad"])
    again = Teacher("another-name", settings, dataset, folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(teaching, "FineTuning", None)  # nothing is done twice
        assert torch.equal(again.logits(["happy", "sad"]), logits)
        again.logits(["angry"])


def test_other_weights_than_the_recipe_means_are_refused(
    settings: TransformerSettings, dataset: Dataset, tmp_path: Path
) -> None:
    wrong = settings.model_copy(update={"sha256": "0" * 64})
    with pytest.raises(TeacherError, match=r"asks for 0{64}; give the weights that it means"):
        Teacher("t", wrong, dataset, tmp_path).logits(["happy"])


def test_placeholders_are_one_token(source: Path, settings: TransformerSettings) -> None:
    network = Transformer(source, settings, labels=3)
    assert network.tokenizer.tokenize("[NAME] x") == network.tokenizer.tokenize("[name] x")
    assert "[name]" in network.tokenizer.tokenize("hi [NAME]!")


def test_a_training_that_was_cut_off_goes_on_to_the_same_weights(
    source: Path,
    settings: TransformerSettings,
    dataset: Dataset,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(teaching, "SAVE_EVERY", 10)
    whole = Transformer(source, settings, labels=3)
    FineTuning(whole, settings, dataset, tmp_path / "whole.safetensors").run()

    partial = tmp_path / "p.safetensors"
    original = FineTuning._step

    def power_cut(run: FineTuning, chosen: list[int]) -> None:
        if run._done == 37:
            raise KeyboardInterrupt
        original(run, chosen)

    with monkeypatch.context() as patch:
        patch.setattr(FineTuning, "_step", power_cut)
        with pytest.raises(KeyboardInterrupt):
            FineTuning(Transformer(source, settings, labels=3), settings, dataset, partial).run()
    resumed = Transformer(source, settings, labels=3)
    steps: list[int] = []
    monkeypatch.setattr(
        FineTuning, "_step", lambda run, chosen: (steps.append(run._done), original(run, chosen))
    )
    FineTuning(resumed, settings, dataset, partial).run()
    assert steps[0] == 30
    for name, tensor in whole.state_dict().items():
        assert torch.equal(resumed.state_dict()[name], tensor), name


def test_files_that_are_something_else_are_named(
    source: Path, settings: TransformerSettings, dataset: Dataset, tmp_path: Path
) -> None:
    partial = tmp_path / "p.safetensors"
    partial.write_bytes(b"junk")
    network = Transformer(source, settings, labels=3)
    with pytest.raises(CheckpointError, match=r"not an unfinished training.*delete it"):
        FineTuning(network, settings, dataset, partial).run()
    (tmp_path / "empty").mkdir()
    empty = settings.model_copy(update={"model": str(tmp_path / "empty")})
    with pytest.raises(TeacherError, match="empty"):
        Teacher("t", empty, dataset, tmp_path).logits(["x"])


def test_without_network_a_hub_name_says_what_to_do(
    settings: TransformerSettings, dataset: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import huggingface_hub

    def offline(*_: object, **__: object) -> str:
        raise ConnectionError("no route")

    monkeypatch.setattr(huggingface_hub, "snapshot_download", offline)
    remote = settings.model_copy(update={"model": "nobody/nothing"})
    with pytest.raises(TeacherError, match=r"nobody/nothing.*no route.*--teacher DIR"):
        Teacher("t", remote, dataset, tmp_path).logits(["x"])


def test_the_key_knows_weights_and_settings_but_not_where_they_lie(
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
    bases = Bases({"s": student}, dataset, folder, teachers={"t": settings})
    texts, _ = bases.supervision("s")
    assert len(texts) == len(dataset.train) + 200
    checkpoint = bases.checkpoint("s")
    rows = encode_texts(dataset.dev.texts, checkpoint.vocabulary)
    own = logits_of(checkpoint.module(), rows).numpy() > 0
    assert (own == (teacher.logits(dataset.dev.texts).numpy() > 0)).mean() > 0.9
    other = settings.model_copy(update={"seed": 5})
    assert Bases({"s": student}, dataset, folder, teachers={"t": other}).key("s") != bases.key("s")
