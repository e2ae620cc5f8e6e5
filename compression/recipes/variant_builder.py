"""Builds one variant: its base, compression, decision, figures and file."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from pydantic import JsonValue

from compression.checkpoints.checkpoint import Checkpoint
from compression.checkpoints.folding import fold
from compression.data.corpora import Corpora
from compression.errors import CompressionError
from compression.evaluation.statistics import manifest_metrics
from compression.progress import log
from compression.recipes.base_store import BaseStore
from compression.recipes.recipe import Recipe
from compression.recipes.variant import Variant
from compression.tuning.fit import with_decision
from edgemood import Artifact, ArtifactError, EdgemoodError, __version__
from edgemood.format.artifact import SUFFIX
from edgemood.format.manifest import Provenance
from edgemood.models.sizes import is_folded


@dataclass(frozen=True)
class BuildInputs:
    """The inputs and folders of a build.

    Attributes:
        recipe: without seeds; see `Recipe.expanded`.
        corpora: its data.
        out: folder of the variant files.
        checkpoints: folder of trained bases.
        teacher_outputs: folder with outputs of the recipe's transformers; only read.
        embeddings: word vectors, for bases that start from a file and name none.
    """

    recipe: Recipe
    corpora: Corpora
    out: Path
    checkpoints: Path
    teacher_outputs: Path | None = None
    embeddings: Path | None = None


class VariantBuilder:
    """Builds variants of one recipe; they share bases and teachers."""

    def __init__(self, inputs: BuildInputs) -> None:
        """Read and train nothing yet."""
        self._recipe, self._data, self._inputs = inputs.recipe, inputs.corpora.main, inputs
        self._bases = BaseStore(
            inputs.recipe.base,
            inputs.corpora,
            inputs.checkpoints,
            teachers=inputs.recipe.teacher,
            teacher_outputs=inputs.teacher_outputs,
            embeddings=inputs.embeddings,
        )

    def path(self, variant: Variant) -> Path:
        """The file of a variant."""
        return self._inputs.out / f"{variant.name}{SUFFIX}"

    def is_current(self, variant: Variant) -> bool:
        """Whether its file matches the recipe, the data and this version of edgemood.

        Raises:
            CompressionError: word vectors or a teacher cannot be read; the message names the
                variant.
        """
        with _named_in_errors(variant):
            return self._is_current(variant)

    def ask_teachers(self, variant: Variant) -> None:
        """Let `build` run no transformer; see `BaseStore.ask_teachers`.

        Raises:
            CompressionError: a teacher cannot be used; the message names the variant.
        """
        with _named_in_errors(variant):
            self._bases.ask_teachers(self._recipe.base_of(variant))

    def build(self, variant: Variant) -> Path:
        """Write a variant unless its file is up to date.

        Raises:
            CompressionError: it cannot be built; the message names it.
            OSError: a file cannot be written.
        """
        path = self.path(variant)
        with _named_in_errors(variant):
            if self._is_current(variant):
                log(f"{path}: up to date")
            else:
                self._write(variant, path)
        return path

    def _is_current(self, variant: Variant) -> bool:
        return _is_current(self.path(variant), variant, self._provenance(variant))

    def _write(self, variant: Variant, path: Path) -> None:
        base = self._base(variant)
        log(f"{path}: {variant.method.method}")
        artifact = self._compressed(variant, base)
        metrics = {
            name: manifest_metrics(artifact, self._data.splits[name]) for name in self._measured
        }
        artifact.with_manifest(
            name=variant.name,
            settings=_settings(variant),
            provenance=self._provenance(variant),
            metrics=metrics,
        ).save(path)
        variant.method.clear(base, folder=self._inputs.checkpoints)

    def _base(self, variant: Variant) -> Checkpoint:
        checkpoint = self._bases.checkpoint(self._recipe.base_of(variant))
        base = checkpoint.with_vocabulary(variant.vocabulary)
        return fold(base) if variant.fold else base

    def _compressed(self, variant: Variant, base: Checkpoint) -> Artifact:
        name, folder = self._recipe.base_of(variant), self._inputs.checkpoints
        supervision = self._bases.supervision(name)
        artifact = variant.method.compress(base, self._data, supervision, folder=folder)
        return with_decision(artifact, variant, self._bases.tuning_texts(name))

    def _provenance(self, variant: Variant) -> Provenance:
        name = self._recipe.base_of(variant)
        return Provenance(
            recipe=self._recipe.name,
            data_sha256=self._data.sha256,
            seed=self._bases.settings(name).seed,
            parent=self._bases.key(name),
            edgemood_version=__version__,
            measured_on={split: self._data.splits[split].sha256 for split in self._measured},
        )

    @property
    def _measured(self) -> list[str]:
        """The splits with figures in the manifest; the test split influences nothing else."""
        return [name for name in self._data.splits if name != "train"]


@contextmanager
def _named_in_errors(variant: Variant) -> Iterator[None]:
    try:
        yield
    except EdgemoodError as error:
        raise CompressionError(f"variant {variant.name}: {error}") from error


def _is_current(path: Path, variant: Variant, provenance: Provenance) -> bool:
    if not path.exists():
        return False
    try:
        manifest = Artifact.open(path).manifest
    except ArtifactError:
        return False
    found = (
        manifest.name,
        manifest.vocabulary,
        is_folded(manifest.sizes),
        manifest.method,
        manifest.settings,
        manifest.calibration is not None,
        manifest.decision,
        manifest.provenance,
    )
    return found == (
        variant.name,
        variant.vocabulary,
        variant.fold,
        variant.method.method,
        _settings(variant),
        variant.calibrate,
        variant.decision,
        provenance,
    )


def _settings(variant: Variant) -> dict[str, JsonValue]:
    """The manifest's `settings`: those of the method, and those that no other field shows."""
    return {**variant.method.model_dump(mode="json"), **variant.in_manifest}
