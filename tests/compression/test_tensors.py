from pathlib import Path

import numpy as np
import pytest
import torch

from compression.errors import CheckpointError
from compression.tensors import load_tensors, save_tensors, to_numpy


def test_tensors_survive_a_file(tmp_path: Path) -> None:
    path = tmp_path / "t.safetensors"
    tensors = {"a": torch.randn(3, 4).T, "b": torch.tensor(2, dtype=torch.int64)}
    save_tensors(path, tensors, {"key": "value"})
    loaded = load_tensors(path)
    assert loaded.keys() == tensors.keys()
    assert all(torch.equal(loaded[name], tensor) for name, tensor in tensors.items())


@pytest.mark.parametrize("content", [None, b"junk"])
def test_a_missing_or_damaged_file_is_named(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "t.safetensors"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(CheckpointError, match=r"t\.safetensors"):
        load_tensors(path)


def test_arrays_are_float32_for_every_dtype_of_tensor() -> None:
    for tensor in (torch.ones(2, dtype=torch.float64), torch.ones(2, requires_grad=True)):
        array = to_numpy(tensor)
        assert array.dtype == np.float32
        assert array.tolist() == [1, 1]
