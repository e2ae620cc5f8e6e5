"""A teacher's outputs on disk: students can be trained without the transformer.

Outputs are small compared with the transformer, so they can be shared: a second folder, which is
only read, is searched first. Logits take one byte each, in steps of `1 / LOGIT_STEPS` between -8
and 8. A step changes a score by at most 0.016; two seeds of a teacher differ by more.
"""

import hashlib
import json
from collections.abc import Callable, Sequence
from pathlib import Path

import safetensors
import torch
from torch import Tensor

from compression.progress import log
from compression.tensors import load_tensors, save_tensors
from compression.threads import all_threads

_METADATA_KEY = "edgemood-teacher"
_TENSOR = "output"
LOGITS = "logits"
"""How the kinds of outputs begin that are logits."""
LOGIT_STEPS = 16


class TeacherOutputs:
    """The stored outputs of one teacher."""

    def __init__(self, name: str, key: str, folder: Path, *, shared: Path | None = None) -> None:
        """Read nothing yet.

        Args:
            name: of the teacher, for file names and messages.
            key: digest of everything that decides the teacher's outputs.
            folder: new outputs are stored here.
            shared: searched first; only read.
        """
        self._name, self._key = name, key
        self._folder, self._shared = folder, shared or folder

    def get(
        self,
        kind: str,
        texts: Sequence[str],
        compute: Callable[[], Tensor],
        *,
        file_bytes: Callable[[], int],
    ) -> Tensor:
        """A stored output, rounded; computed and stored on first use.

        Args:
            kind: of output. One that begins with `logits` is rounded to a byte, others to float16.
            texts: the inputs.
            compute: gives the output. *Shape:* `(texts, ...)`.
            file_bytes: size of the teacher's weights in bytes, stored with the output.

        Raises:
            CheckpointError: a stored file is damaged.
        """
        digest = hashlib.sha256(json.dumps(list(texts)).encode()).hexdigest()[:16]
        name = f"{self._key}.{kind}-{digest}.safetensors"
        for folder in (self._shared, self._folder):
            # The key identifies the teacher; the name in front of it is for readers.
            for path in folder.glob(f"*-{name}"):
                return _restored(load_tensors(path)[_TENSOR])
        log(f"teacher {self._name}: {kind} of {len(texts):,} texts")
        with all_threads():
            output = _rounded(kind, compute())
        self._folder.mkdir(parents=True, exist_ok=True)
        path = self._folder / f"{self._name}-{name}"
        save_tensors(path, {_TENSOR: output}, {_METADATA_KEY: str(file_bytes())})
        return _restored(output)

    def file_bytes(self) -> int | None:
        """Size of the teacher's weights in bytes, if a shared output states it."""
        for path in self._shared.glob(f"*-{self._key}.*-*.safetensors"):
            with safetensors.safe_open(path, framework="pt") as file:
                return int((file.metadata() or {})[_METADATA_KEY])
        return None


def _rounded(kind: str, output: Tensor) -> Tensor:
    if not kind.startswith(LOGITS):
        return output.half()
    limits = torch.iinfo(torch.int8)
    return (output * LOGIT_STEPS).round().clamp(limits.min, limits.max).to(torch.int8)


def _restored(stored: Tensor) -> Tensor:
    return stored.float() / LOGIT_STEPS if stored.dtype == torch.int8 else stored.float()
