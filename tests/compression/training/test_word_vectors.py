"""Word vectors from files as GloVe and word2vec write them, and tables made of them."""

import codecs
from pathlib import Path

import numpy as np
import pytest
import torch

from compression.data.corpora import Corpora
from compression.data.dataset import Dataset
from compression.errors import EmbeddingError
from compression.recipes.base_store import BaseStore
from compression.settings import BaseSettings, BaseStart, FileStart
from compression.training.word_vectors import read_vectors, table_from

GLOVE = """the 0.1 -0.2 0.3
happy 1 2 3
. . . 7 8 9
sad -1 -2.5e-1 -3
happy 9 9 9
naïve 4 5 6
"""


@pytest.fixture
def glove(tmp_path: Path) -> Path:
    path = tmp_path / "glove.txt"
    path.write_text(GLOVE, encoding="utf-8")
    return path


def test_only_the_needed_words_are_kept_and_of_duplicates_the_first(glove: Path) -> None:
    vectors = read_vectors(glove, ["happy", "naïve", "unheard", ". . ."])
    assert {word: v.tolist() for word, v in vectors.items()} == {
        "happy": [1, 2, 3],
        "naïve": [4, 5, 6],
        ". . .": [7, 8, 9],
    }


def test_a_word2vec_header_is_skipped(tmp_path: Path) -> None:
    path = tmp_path / "w2v.txt"
    path.write_text("2 2\nhappy 1 2\nsad 3 4\n")
    assert read_vectors(path, ["sad"])["sad"].tolist() == [3, 4]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("happy 1 2\nsad 3\n", r"line 2: 1 numbers, others have 2"),
        ("sad 1 2\nhappy 3 x\n", r"line 2: a value that is not a number"),
        ("2 2\nsad 1 2\nhappy 3\n", r"line 3: 1 numbers, others have 2"),
        ("happy 1 nan\n", r"line 1: a number that is not finite"),
        ("word\n", r"line 1: not a word and its numbers"),
        ("the 1 2\n", r"has none of the vocabulary's 1 words"),
    ],
)
def test_malformed_files_are_named(tmp_path: Path, text: str, problem: str) -> None:
    path = tmp_path / "bad.txt"
    path.write_text(text)
    with pytest.raises(EmbeddingError, match=rf"bad.txt.*{problem}"):
        read_vectors(path, ["happy"])


@pytest.mark.parametrize("text", ["happy 1 2\nsad 3 4\n", "2 2\nhappy 1 2\nsad 3 4\n"])
def test_a_byte_order_mark_is_not_part_of_the_first_word(tmp_path: Path, text: str) -> None:
    path = tmp_path / "v.txt"
    path.write_bytes(codecs.BOM_UTF8 + text.encode())
    assert read_vectors(path, ["happy"])["happy"].tolist() == [1, 2]


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ("happy 1 2\n".encode("utf-16"), "this is UTF-16 text; save it as UTF-8"),
        (b"PK\x03\x04", "this is a zip file"),
        (b"\x1f\x8b\x08", "this is a gzip file; unpack it"),
    ],
)
def test_files_that_are_no_text_are_named(tmp_path: Path, content: bytes, problem: str) -> None:
    path = tmp_path / "v.txt"
    path.write_bytes(content)
    with pytest.raises(EmbeddingError, match=rf"v\.txt: {problem}"):
        read_vectors(path, ["happy"])


def test_blank_lines_are_ignored(tmp_path: Path) -> None:
    path = tmp_path / "v.txt"
    path.write_text("happy 1 2\n\nsad 3 4\n\n")
    assert read_vectors(path, ["sad"])["sad"].tolist() == [3, 4]


def test_tables_need_at_least_one_word() -> None:
    with pytest.raises(EmbeddingError, match="none of the 1 words has a vector"):
        table_from({}, ["happy"], dim=2, std=0.1, seed=0)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(EmbeddingError, match=r"none.txt: No such file"):
        read_vectors(tmp_path / "none.txt", ["happy"])


def test_reduction_keeps_the_directions_in_which_words_differ() -> None:
    generator = np.random.default_rng(0)
    plane = generator.normal(size=(40, 2)) * (5, 2)
    axes = np.linalg.qr(generator.normal(size=(6, 2)))[0]
    words = [f"w{i}" for i in range(40)]
    vectors = {w: (p @ axes.T + 3).astype(np.float32) for w, p in zip(words, plane, strict=True)}
    table = table_from(vectors, words, dim=2, std=0.3, seed=0)
    assert table.shape == (41, 2)
    assert table[1:].std() == pytest.approx(0.3, rel=1e-5)
    assert table[0].tolist() == [0, 0]

    def distances(points: np.ndarray) -> np.ndarray:
        return np.linalg.norm(points[:, None] - points[None], axis=-1)

    # The vectors vary in two dimensions only, so distances are the same up to the scale.
    ratio = distances(plane)[np.triu_indices(40, 1)] / distances(table[1:])[np.triu_indices(40, 1)]
    np.testing.assert_allclose(ratio, ratio[0], rtol=1e-3)
    assert table[1:, 0].std() > table[1:, 1].std()


def test_words_without_a_vector_get_one_of_the_same_spread() -> None:
    words = [f"w{i}" for i in range(3000)]
    known = {
        w: np.random.default_rng(i).normal(size=4).astype(np.float32)
        for i, w in enumerate(words[:500])
    }
    table = table_from(known, words, dim=4, std=0.2, seed=1)
    assert table[501:].std() == pytest.approx(0.2, rel=0.05)
    np.testing.assert_array_equal(table, table_from(known, words, dim=4, std=0.2, seed=1))
    assert not np.array_equal(table, table_from(known, words, dim=4, std=0.2, seed=2))


def test_narrow_vectors_cannot_fill_a_wide_table(glove: Path) -> None:
    vectors = read_vectors(glove, ["happy", "sad"])
    with pytest.raises(EmbeddingError, match="3 dimensions cannot fill 4"):
        table_from(vectors, ["happy", "sad"], dim=4, std=0.1, seed=0)


def write_vectors(path: Path, words: tuple[str, ...], dim: int) -> None:
    generator = np.random.default_rng(3)
    lines = [f"{w} {' '.join(f'{x:.4f}' for x in generator.normal(size=dim))}" for w in words]
    path.write_text("\n".join(lines) + "\n")


def with_start(settings: BaseSettings, start: FileStart | BaseStart) -> BaseSettings:
    return settings.model_copy(update={"embedding": start})


def test_training_starts_from_the_file_and_keeps_a_frozen_table(
    base_settings: BaseSettings, dataset: Dataset, tmp_path: Path
) -> None:
    path = tmp_path / "vectors.txt"
    plain = BaseStore({"a": base_settings}, Corpora(dataset), tmp_path)
    words = plain.checkpoint("a").words
    write_vectors(path, words, dim=16)
    dim, std = base_settings.model.dim, base_settings.model.embedding_std
    vectors = read_vectors(path, words)
    expected = table_from(vectors, words, dim=dim, std=std, seed=base_settings.seed)
    settings = {
        "free": with_start(base_settings, FileStart(start="file")),
        "frozen": with_start(base_settings, FileStart(start="file", path=str(path), frozen=True)),
    }
    bases = BaseStore(settings, Corpora(dataset), tmp_path, embeddings=path)
    np.testing.assert_array_equal(bases.checkpoint("frozen").state["embedding"], expected)
    assert not np.array_equal(bases.checkpoint("free").state["embedding"], expected)
    first = bases.key("free")
    assert first != plain.key("a")
    write_vectors(path, words[::-1], dim=16)
    assert BaseStore(settings, Corpora(dataset), tmp_path, embeddings=path).key("free") != first


def test_without_a_file_the_option_is_named(
    base_settings: BaseSettings, dataset: Dataset, tmp_path: Path
) -> None:
    settings = {"a": with_start(base_settings, FileStart(start="file"))}
    with pytest.raises(EmbeddingError, match="--embeddings FILE"):
        BaseStore(settings, Corpora(dataset), tmp_path).checkpoint("a")
    missing = BaseStore(settings, Corpora(dataset), tmp_path, embeddings=tmp_path / "none.txt")
    with pytest.raises(EmbeddingError, match=r"none.txt: No such file"):
        missing.checkpoint("a")


def test_training_starts_from_the_table_of_another_base(
    base_settings: BaseSettings, dataset: Dataset, tmp_path: Path
) -> None:
    narrow = base_settings.model.model_copy(update={"dim": base_settings.model.dim - 2})
    start = BaseStart(start="base", base="big", frozen=True)
    settings = {
        "big": base_settings,
        "small": with_start(base_settings.model_copy(update={"model": narrow}), start),
    }
    bases = BaseStore(settings, Corpora(dataset), tmp_path)
    small, big = bases.checkpoint("small"), bases.checkpoint("big")
    assert small.words == big.words
    rows = big.state["embedding"][1:].double()
    centred = rows - rows.mean(0)
    kept = torch.linalg.svdvals(centred)[: narrow.dim]
    found = torch.linalg.svdvals(small.state["embedding"][1:].double())
    torch.testing.assert_close(found / found[0], kept / kept[0], rtol=1e-4, atol=1e-5)
    other = {**settings, "big": base_settings.model_copy(update={"seed": 99})}
    assert BaseStore(other, Corpora(dataset), tmp_path).key("small") != bases.key("small")
