"""A teacher's outputs on disk: students can be trained without the transformer.

Outputs are small compared with the transformer, so they can be shared: a second folder, which is
only read, is searched first.
"""

import hashlib
import json
from collections.abc import Callable, Sequence
from pathlib import Path

import safetensors
from torch import Tensor

from compression.progress import log
from compression.tensors import load_tensors, save_tensors
from compression.threads import all_threads

_METADATA_KEY = "edgemood-teacher"
_TENSOR = "answer"  # the files in teacher_outputs/ use this name


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
        """A stored output, rounded to float16; computed and stored on first use.

        Args:
            kind: of output, such as `logits`.
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
                return load_tensors(path)[_TENSOR].float()
        log(f"teacher {self._name}: {kind} of {len(texts):,} texts")
        with all_threads():
            output = compute().half()
        self._folder.mkdir(parents=True, exist_ok=True)
        path = self._folder / f"{self._name}-{name}"
        save_tensors(path, {_TENSOR: output}, {_METADATA_KEY: str(file_bytes())})
        return output.float()

    def file_bytes(self) -> int | None:
        """Size of the teacher's weights in bytes, if a shared output states it."""
        for path in self._shared.glob(f"*-{self._key}.*-*.safetensors"):
            with safetensors.safe_open(path, framework="pt") as file:
                return int((file.metadata() or {})[_METADATA_KEY])
        return None
