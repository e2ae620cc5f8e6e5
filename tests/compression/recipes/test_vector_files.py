"""Files of word vectors and their digests."""

import hashlib
from pathlib import Path

import pytest

from compression.errors import EmbeddingError
from compression.recipes.vector_files import VectorFiles
from compression.settings import FileStart


def test_a_path_of_the_recipe_comes_before_the_default(tmp_path: Path) -> None:
    files = VectorFiles(tmp_path / "default.txt")
    assert files.path(FileStart(start="file")) == tmp_path / "default.txt"
    assert files.path(FileStart(start="file", path="own.txt")) == Path("own.txt")
    with pytest.raises(EmbeddingError, match="--embeddings"):
        VectorFiles(None).path(FileStart(start="file"))


def test_a_file_is_digested_once(tmp_path: Path) -> None:
    path = tmp_path / "vectors.txt"
    path.write_text("happy 1 2\n")
    files = VectorFiles(path)
    digest = files.sha256(FileStart(start="file"))
    assert digest == hashlib.sha256(path.read_bytes()).hexdigest()
    path.unlink()
    assert files.sha256(FileStart(start="file")) == digest


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(EmbeddingError, match=r"none\.txt: No such file"):
        VectorFiles(tmp_path / "none.txt").sha256(FileStart(start="file"))
