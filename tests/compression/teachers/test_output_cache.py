from pathlib import Path

import numpy as np
import pytest
import torch

from compression.errors import CheckpointError
from compression.teachers.output_cache import TeacherOutputs

TEXTS = ["a", "b"]


def outputs(folder: Path, *, key: str = "k", shared: Path | None = None) -> TeacherOutputs:
    return TeacherOutputs("t", key, folder, shared=shared)


def get(
    store: TeacherOutputs, value: float, texts: list[str] = TEXTS, kind: str = "logits"
) -> torch.Tensor:
    return store.get(kind, texts, lambda: torch.full((2, 3), value), file_bytes=lambda: 7)


def test_an_output_is_computed_once_for_each_key_kind_and_texts(tmp_path: Path) -> None:
    assert (get(outputs(tmp_path), 1.0) == 1).all()
    assert (get(outputs(tmp_path), 2.0) == 1).all()
    assert (get(outputs(tmp_path), 3.0, texts=["b", "a"]) == 3).all()
    assert (get(outputs(tmp_path), 4.0, kind="words") == 4).all()
    assert (get(outputs(tmp_path, key="l"), 5.0) == 5).all()


@pytest.mark.parametrize(
    ("kind", "value", "rounded"),
    [
        ("words", 0.1, float(np.float16(0.1))),
        ("words", -300.0, -300.0),
        ("logits", 0.1, 0.125),
        ("logits-x", -1.97, -2.0),
        ("logits", 9.0, 127 / 16),
        ("logits", -9.0, -8.0),
    ],
)
def test_outputs_are_rounded_on_first_use_as_later(
    tmp_path: Path, kind: str, value: float, rounded: float
) -> None:
    first, second = (get(outputs(tmp_path), value, kind=kind) for _ in range(2))
    assert first.dtype == torch.float32
    assert torch.equal(first, second)
    assert float(first[0, 0]) == float(np.float32(rounded))


def test_the_shared_folder_is_searched_first_and_only_read(tmp_path: Path) -> None:
    shared, own = tmp_path / "shared", tmp_path / "own"
    get(outputs(shared), 1.0)
    assert (get(outputs(own, shared=shared), 2.0) == 1).all()
    assert not own.exists()
    assert outputs(own, shared=shared).file_bytes() == 7
    before = sorted(shared.iterdir())
    get(outputs(own, shared=shared), 2.0, kind="words")
    assert sorted(shared.iterdir()) == before
    assert len(list(own.iterdir())) == 1


def test_without_outputs_the_size_is_unknown(tmp_path: Path) -> None:
    assert outputs(tmp_path).file_bytes() is None


def test_a_damaged_file_is_named(tmp_path: Path) -> None:
    get(outputs(tmp_path), 1.0)
    (path,) = tmp_path.iterdir()
    path.write_bytes(b"junk")
    with pytest.raises(CheckpointError, match=path.name):
        get(outputs(tmp_path), 1.0)
