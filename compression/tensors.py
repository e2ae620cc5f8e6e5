"""Conversion of torch tensors to numpy arrays, and to safetensors files and back."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import safetensors
import safetensors.torch
from safetensors.torch import load_file
from torch import Tensor

from compression.errors import CheckpointError
from edgemood.arrays import Float32
from edgemood.atomic import atomic_write


def to_numpy(tensor: Tensor) -> Float32:
    """A float32 array of the same shape."""
    return tensor.detach().cpu().numpy().astype(np.float32)


def save_tensors(path: Path, tensors: Mapping[str, Tensor], metadata: dict[str, str]) -> None:
    """Write a safetensors file, completely or not at all."""
    contiguous = {name: tensor.detach().contiguous() for name, tensor in tensors.items()}
    with atomic_write(path) as file:
        file.write(safetensors.torch.save(contiguous, metadata=metadata))


def load_tensors(path: Path) -> dict[str, Tensor]:
    """Read the weights or outputs of a teacher.

    Raises:
        CheckpointError: the file is missing or damaged.
    """
    try:
        return load_file(path)
    except (OSError, safetensors.SafetensorError) as error:
        raise CheckpointError(f"{path}: not a teacher's file: {error}; delete it") from error
