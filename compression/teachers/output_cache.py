"""What a teacher said, kept: students can be made of it without the transformer.

An answer is small where the transformer is not, so answers can be handed on: a second folder of
them is looked into first.
"""

import hashlib
import json
from collections.abc import Callable, Sequence
from pathlib import Path

import safetensors
from torch import Tensor

from compression.progress import say
from compression.tensors import load_tensors, save_tensors
from compression.threads import all_threads

_METADATA_KEY = "edgemood-teacher"
_ANSWER = "answer"


class Answers:
    """The answers of one teacher."""

    def __init__(self, name: str, key: str, folder: Path, *, elsewhere: Path | None = None) -> None:
        """Read nothing yet.

        Args:
            name: of the teacher, for people.
            key: of the teacher; another key is another teacher.
            folder: where new answers are kept.
            elsewhere: where more may lie; only read.
        """
        self._name, self._key = name, key
        self._folder, self._elsewhere = folder, elsewhere or folder

    def of(
        self,
        what: str,
        texts: Sequence[str],
        compute: Callable[[], Tensor],
        *,
        file_bytes: Callable[[], int],
    ) -> Tensor:
        """An answer to the precision of float16; computed when it is first asked for.

        Args:
            what: the kind of answer.
            texts: what it is about.
            compute: gives it. *Shape:* `(texts, ...)`.
            file_bytes: size of the teacher, which is kept beside it.

        Raises:
            CheckpointError: a kept file is damaged.
        """
        digest = hashlib.sha256(json.dumps(list(texts)).encode()).hexdigest()[:16]
        name = f"{self._key}.{what}-{digest}.safetensors"
        for folder in (self._elsewhere, self._folder):
            # The key says everything; the name in front of it is for people.
            for path in folder.glob(f"*-{name}"):
                return load_tensors(path)[_ANSWER].float()
        say(f"teacher {self._name}: {what} of {len(texts):,} texts")
        with all_threads():
            answer = compute().half()
        self._folder.mkdir(parents=True, exist_ok=True)
        path = self._folder / f"{self._name}-{name}"
        save_tensors(path, {_ANSWER: answer}, {_METADATA_KEY: str(file_bytes())})
        return answer.float()

    def file_bytes(self) -> int | None:
        """Size of the teacher as the answers from elsewhere tell it, if there are any."""
        for path in self._elsewhere.glob(f"*-{self._key}.*-*.safetensors"):
            with safetensors.safe_open(path, framework="pt") as file:
                return int((file.metadata() or {})[_METADATA_KEY])
        return None
