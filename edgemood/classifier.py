"""From texts to labels: the tokenizer, vocabulary, model and decision rule of one artifact."""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Self

import numpy as np

from edgemood.arrays import Float32
from edgemood.decision import DecisionRule, Prediction
from edgemood.errors import IncompatibleFileError, OversizedError, located_in
from edgemood.format.artifact import Artifact
from edgemood.format.file import MAX_FILE_BYTES, VariantFile
from edgemood.models import MODELS, Batch, Sizes
from edgemood.models.base import ModelMemory, check_weights
from edgemood.text.encoder import TextEncoder
from edgemood.text.tokenizers import TOKENIZERS

DEFAULT_VARIANT = Path(__file__).with_name("data") / "apot-kd.safetensors"
"""The variant inside the package, a copy of the file of that name in `variants/`."""
MAX_CHUNK_TOKENS = 16_384
"""Tokens whose vectors are decoded at once; a single longer text is decoded as a whole."""
MAX_CHUNK_BYTES = 256 * 2**20
"""Memory for texts that are classified at once. Wide networks take fewer tokens for it."""
LONGEST_TEXT = 10_000
"""Tokens of a text that a classifier must have memory for; the service takes no longer texts."""
MAX_MEMORY_BYTES = 512 * 2**20
"""Memory for a network and one text of `LONGEST_TEXT` tokens, unless the caller allows more."""


class Classifier:
    """A variant that is ready to run.

    Raises:
        LayoutError: the artifact's weights are not those of its architecture.
        OversizedError: the network could take more than `max_memory_bytes`.
        ScoreError: the weights give scores that are not finite.
        UnknownNameError: this version does not know the architecture or the tokenizer.
    """

    def __init__(self, artifact: Artifact, *, max_memory_bytes: int = MAX_MEMORY_BYTES) -> None:
        self.artifact = artifact
        self.labels = artifact.manifest.labels
        version = artifact.manifest.tokenizer_version
        self._rows = TextEncoder.of(artifact.vocabulary, tokenizer_version=version).rows
        self.rule = DecisionRule(artifact.manifest)
        """Turns logits into scores and labels."""
        model, sizes = MODELS[artifact.manifest.architecture], _sizes(artifact)
        check_weights(artifact.weights, model.shapes(sizes))
        self.memory = model.memory(artifact.weights)
        """Most bytes that the network takes in addition to the file's."""
        _check_memory(self.memory, max_memory_bytes)
        self._model = model.from_weights(sizes, artifact.weights)
        self.chunk_tokens = _chunk_tokens(self.memory)
        """Tokens that are classified at once; a single longer text is classified as a whole."""
        # Layers are expanded at their first product. After this call memory does not grow.
        self.scores([""])

    @classmethod
    def open(
        cls,
        path: Path | str,
        *,
        max_bytes: int = MAX_FILE_BYTES,
        max_memory_bytes: int = MAX_MEMORY_BYTES,
    ) -> Self:
        """Open a variant file. It is read once, and may be changed or removed afterwards.

        Args:
            path: the file; only a regular file is opened.
            max_bytes: a larger file is refused before it is read.
            max_memory_bytes: a network that would take more to classify a text is refused before
                memory is taken; see `memory`.

        Raises:
            ArtifactError: the file cannot be used; the message names file, part and fix.
        """
        file = VariantFile.read(path, max_bytes=max_bytes)
        return cls.from_file(file, max_memory_bytes=max_memory_bytes)

    @classmethod
    def from_file(cls, file: VariantFile, *, max_memory_bytes: int = MAX_MEMORY_BYTES) -> Self:
        """Open a file that has been read, or bytes from elsewhere.

        `file.sha256` is the digest of exactly the bytes that the classifier runs on.

        Args:
            file: the bytes, and the path that names them in errors.
            max_memory_bytes: see `open`.

        Raises:
            ArtifactError: the file cannot be used; the message names file, part and fix.
        """
        artifact = Artifact.from_file(file)
        version = artifact.manifest.tokenizer_version
        if version not in TOKENIZERS:
            known = ", ".join(map(str, TOKENIZERS))
            problem = f"made with tokenizer {version}, this edgemood has {known}"
            fix = "upgrade edgemood, or build the variant again"
            part = "tokenizer_version"
            raise IncompatibleFileError(file.path, part=part, problem=problem, fix=fix)
        with located_in(file.path, "architecture"):
            return cls(artifact, max_memory_bytes=max_memory_bytes)

    @classmethod
    def default(cls) -> Self:
        """Open the variant that ships inside the package: `apot-kd`, also the service's default."""
        return cls.open(DEFAULT_VARIANT)

    @property
    def resident_bytes(self) -> dict[str, int]:
        """Bytes in memory by part: vocabulary, weights, and matrices derived from them."""
        vocabulary = self.artifact.vocabulary.resident_bytes
        weights = {name: weight.resident_bytes for name, weight in self.artifact.weights.items()}
        return {"vocabulary": vocabulary, **weights, **self._model.resident_bytes}

    def encode(self, texts: Sequence[str]) -> Batch:
        """Convert texts to rows of the token table. A text without tokens is one unknown token."""
        return Batch.from_lists([self._rows(text) for text in texts])

    def batches(self, texts: Iterable[str]) -> Iterator[Batch]:
        """Encode texts, in batches of at most `chunk_tokens` tokens or of one longer text.

        These are the batches into which `infer` splits the same texts. A caller that computes the
        `logits` of each before it asks for the next needs memory for one batch only, and may stop
        after any of them.
        """
        batch: list[list[int]] = []
        tokens = 0
        for text in texts:
            ids = self._rows(text)
            if batch and tokens + len(ids) > self.chunk_tokens:
                yield Batch.from_lists(batch)
                batch, tokens = [], 0
            batch.append(ids)
            tokens += len(ids)
        if batch:
            yield Batch.from_lists(batch)

    def logits(self, batch: Batch) -> Float32:
        """Compute the logits of encoded texts, before calibration and adaptation.

        *Shape:* `(texts, labels)`, or `(texts, manifest.outputs)` if the variant is adapted.
        """
        with np.errstate(over="ignore", invalid="ignore"):  # `to_scores` checks the scores
            return self._model.logits(batch)

    def infer(self, batch: Batch) -> Float32:
        """Compute the scores of encoded texts, each between 0 and 1. *Shape:* `(texts, labels)`.

        Raises:
            ScoreError: a score is not finite.
        """
        return self.to_scores([self.logits(chunk) for chunk in batch.chunks(self.chunk_tokens)])

    def to_scores(self, logits: Sequence[Float32]) -> Float32:
        """Convert logits to scores, each between 0 and 1. *Shape:* `(texts, labels)`.

        Args:
            logits: as `logits` gives them, of consecutive batches, at least one.

        Raises:
            ScoreError: a score is not finite.
        """
        return self.rule.scores(logits[0] if len(logits) == 1 else np.concatenate(logits))

    def scores(self, texts: Sequence[str]) -> Float32:
        """Compute the scores of texts. *Shape:* `(texts, labels)`; no rows without texts.

        Raises:
            ScoreError: a score is not finite.
        """
        if not texts:
            return np.zeros((0, len(self.labels)), dtype=np.float32)
        return self.infer(self.encode(texts))

    def classify(self, texts: Sequence[str]) -> list[Prediction]:
        """Return one prediction for each text.

        Raises:
            ScoreError: a score is not finite.
        """
        return self.predictions(self.scores(texts))

    def predictions(self, scores: Float32) -> list[Prediction]:
        """Decide on the labels of texts with these scores. *Shape:* `(texts, labels)`."""
        return self.rule.predictions(scores)


def _check_memory(memory: ModelMemory, max_bytes: int) -> None:
    """Refuse a network that a file of few bytes can describe and no memory can hold.

    Raises:
        OversizedError: it would take more than `max_bytes`.
    """
    needed = memory.resident + memory.block + memory.text + LONGEST_TEXT * memory.token
    if needed > max_bytes:
        raise OversizedError(
            f"the network and a text of {LONGEST_TEXT:,} tokens could take {needed:,} bytes of"
            f" memory; at most {max_bytes:,} are allowed"
        )


def _chunk_tokens(memory: ModelMemory) -> int:
    """Tokens that are classified at once. A text has at least one."""
    return max(1, min(MAX_CHUNK_TOKENS, MAX_CHUNK_BYTES // (memory.token + memory.text)))


def _sizes(artifact: Artifact) -> Sizes:
    """The sizes of the manifest, and the two that other parts of the artifact determine."""
    derived = {"rows": len(artifact.vocabulary), "labels": artifact.manifest.outputs}
    return {**artifact.manifest.sizes, **derived}
