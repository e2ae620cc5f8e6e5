"""A teacher: one pre-trained transformer, fine-tuned on first use.

The fine-tuned weights and all outputs are stored in the checkpoint folder.
"""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from pathlib import Path

import torch
from torch import Tensor

from compression.data.dataset import Dataset
from compression.progress import log
from compression.settings import TransformerSettings
from compression.teachers.fine_tuning import FineTuning
from compression.teachers.label_heads import MAIN_HEAD, LabelHeads, mixed
from compression.teachers.output_cache import TeacherOutputs
from compression.teachers.pretrained import MODEL_FILES, check_weights, locate
from compression.teachers.transformer import Transformer
from compression.tensors import load_tensors, save_tensors, to_numpy
from compression.training.word_vectors import Vectors, principal_components
from edgemood.format.file import file_sha256

TEACHER_VERSION = 2
"""Incremented with every code change that gives other weights for the same settings and data."""


class Teacher:
    """A transformer that is fine-tuned when an output is needed that is not stored."""

    def __init__(
        self,
        name: str,
        settings: TransformerSettings,
        data: Dataset,
        folder: Path,
        *,
        sources: Mapping[str, Dataset] | None = None,
        teacher_outputs: Path | None = None,
    ) -> None:
        """Load nothing yet.

        Args:
            name: of the recipe's table.
            settings: the transformer, and how to fine-tune it.
            data: the train split gives gradients; dev macro-F1 is logged only.
            folder: weights and outputs are stored here.
            sources: further datasets to fine-tune on, by name; each has a label head.
            teacher_outputs: folder of outputs of a teacher with the same key; only read.
        """
        self.name, self._settings, self._folder = name, settings, folder
        self.heads = LabelHeads({MAIN_HEAD: data, **(sources or {})})
        self._teacher_outputs = teacher_outputs
        self._latest: tuple[tuple[str, ...], Tensor] | None = None

    @property
    def blend_weight(self) -> float:
        """Weight of the teacher's scores against labels when thresholds are tuned, 0 to 1."""
        return self._settings.judgement

    @cached_property
    def key(self) -> str:
        """Digest of settings, data, code and the pre-trained weights.

        The pre-trained files are read only if the settings do not state their SHA-256.
        """
        own = self._settings.model_dump_json(
            exclude={"model", "seeds", "judgement", "sources"}, exclude_none=True
        )
        facts = [own, *self.heads.sha256, str(TEACHER_VERSION), *self._file_digests()]
        return hashlib.sha256("\n".join(facts).encode()).hexdigest()[:16]

    @property
    def file_bytes(self) -> int:
        """Size of the fine-tuned weights in bytes; fine-tunes first if no file states it."""
        if not self._path.exists():
            stated = self._outputs.file_bytes()
            if stated is not None:
                return stated
            _ = self._network
        return self._path.stat().st_size

    def logits(self, texts: Sequence[str], *, mix: Mapping[str, float] | None = None) -> Tensor:
        """Logits of the main head, rounded as they are stored. *Shape:* `(texts, labels)`.

        Args:
            texts: any number of them.
            mix: weights of the heads of sources with the same labels. The result is a weighted mean
                of logits, in which the main head has the rest of the weight.

        Raises:
            TeacherError: the transformer cannot be loaded.
            CheckpointError: a stored file is damaged.
        """
        return mixed(lambda head: self.head_logits(head, texts), mix)

    def head_logits(self, head: str, texts: Sequence[str]) -> Tensor:
        """Logits of one head, rounded as they are stored. *Shape:* `(texts, labels)`."""
        columns, kind = self.heads.columns[head], self.heads.kind(head)
        return self._output(kind, texts, lambda: self._all_logits(texts)[:, columns])

    def _all_logits(self, texts: Sequence[str]) -> Tensor:
        """Those of all heads; kept until other texts come, since one run computes them all."""
        key = tuple(texts)
        if self._latest is None or self._latest[0] != key:
            self._latest = key, self._network.logits(texts)
        return self._latest[1]

    def word_vectors(self, words: Sequence[str], *, dim: int) -> Vectors:
        """The mean token vectors of each word as a text of its own, reduced to `dim` components.

        Args:
            words: at least `dim` of them.
            dim: number of principal components.

        Returns:
            By word, each of *Shape:* `(dim,)`.

        Raises:
            TeacherError: the transformer cannot be loaded.
            CheckpointError: a stored file is damaged.
        """

        def compute() -> Tensor:
            vectors = to_numpy(self._network.pooled(words))
            return torch.from_numpy(principal_components(vectors, dim))

        reduced = to_numpy(self._output(f"words{dim}", words, compute))
        return dict(zip(words, reduced, strict=True))

    def _output(self, kind: str, texts: Sequence[str], compute: Callable[[], Tensor]) -> Tensor:
        return self._outputs.get(kind, texts, compute, file_bytes=lambda: self.file_bytes)

    def _file_digests(self) -> list[str]:
        if self._settings.sha256:
            return []
        paths = (self._source / name for name in MODEL_FILES)
        return [file_sha256(path) for path in paths if path.exists()]

    @cached_property
    def _outputs(self) -> TeacherOutputs:
        return TeacherOutputs(self.name, self.key, self._folder, shared=self._teacher_outputs)

    @property
    def _path(self) -> Path:
        stored = sorted(self._folder.glob(f"*-{self.key}.safetensors"))
        return stored[0] if stored else self._folder / f"{self.name}-{self.key}.safetensors"

    @cached_property
    def _source(self) -> Path:
        """The folder of the pre-trained transformer."""
        return locate(self._settings, teacher=self.name)

    @cached_property
    def _network(self) -> Transformer:
        self._folder.mkdir(parents=True, exist_ok=True)
        check_weights(self._source, self._settings, teacher=self.name)
        network = Transformer(self._source, self._settings, labels=self.heads.outputs)
        if self._path.exists():
            network.load_state_dict(load_tensors(self._path))
        else:
            self._fine_tune(network)
        return network.eval()

    def _fine_tune(self, network: Transformer) -> None:
        log(f"fine-tuning teacher {self.name}")
        state_file = self._folder / f"{self.name}-{self.key}.unfinished.safetensors"
        FineTuning(network, self._settings, self.heads, state_file).run()
        save_tensors(self._path, network.state_dict(), {})
        state_file.unlink(missing_ok=True)
