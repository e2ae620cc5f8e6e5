"""Builds a recipe: trains bases, compresses variants, fits decisions, measures and writes.

Finished work is kept: trained bases and unfinished trainings in the checkpoint folder, and variant
files that already match the recipe.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import JsonValue

from compression.checkpoints.checkpoint import Checkpoint
from compression.checkpoints.folding import fold
from compression.data.corpora import Corpora
from compression.data.dataset import Dataset
from compression.data.label_counts import check_label_counts
from compression.errors import CompressionError
from compression.evaluation.statistics import manifest_metrics
from compression.progress import log
from compression.recipes.base_store import BaseStore
from compression.recipes.recipe import Recipe
from compression.recipes.variant import Variant
from compression.seeds import without_seed
from compression.tuning.fit import with_decision
from edgemood import Artifact, ArtifactError, __version__
from edgemood.format.artifact import SUFFIX
from edgemood.format.manifest import Provenance
from edgemood.models.sizes import is_folded


def build(
    recipe: Recipe,
    corpora: Corpora,
    *,
    out: Path,
    checkpoints: Path,
    only: Collection[str] = (),
    teacher_outputs: Path | None = None,
    embeddings: Path | None = None,
) -> Iterator[Path]:
    """Make the variants of a recipe, one after the other.

    Args:
        recipe: what to build.
        corpora: as `Recipe.load` reads them.
        out: folder of the variant files; made if missing.
        checkpoints: folder of trained bases; made if missing.
        only: names of the variants to build, with or without a seed; all if empty.
        teacher_outputs: folder with outputs of the recipe's transformers; only read.
        embeddings: word vectors, for bases that start from a file and name none.

    Yields:
        The path of each variant once it is written or found to be up to date.

    Raises:
        CompressionError: the recipe has no variants, or none of a name in `only`; or a variant
            cannot reach the precision that its abstention asks for.
        DatasetError: nothing can be learned from the data, or no threshold tuned on it.
    """
    if not recipe.variant:
        raise CompressionError(f"recipe {recipe.name} has no [[variant]]; `search` is for [search]")
    recipe = recipe.expanded()
    chosen = _chosen(recipe.variant, set(only))
    data = corpora.main
    check_label_counts(data)
    out.mkdir(parents=True, exist_ok=True)
    bases = BaseStore(
        recipe.base,
        corpora,
        checkpoints,
        teachers=recipe.teacher,
        teacher_outputs=teacher_outputs,
        embeddings=embeddings,
    )
    build = _Build(recipe, data, bases, out, checkpoints)
    for variant in chosen:
        yield build.variant(variant)


def _chosen(variants: Sequence[Variant], only: set[str]) -> list[Variant]:
    names = {variant.name: {variant.name, without_seed(variant.name)} for variant in variants}
    if unknown := only - set().union(*names.values()):
        raise CompressionError(
            f"no variant {', '.join(sorted(unknown))}; known: {', '.join(names)}"
        )
    return [variant for variant in variants if not only or only & names[variant.name]]


@dataclass(frozen=True)
class _Build:
    """The inputs and folders of a build."""

    recipe: Recipe
    data: Dataset
    bases: BaseStore
    out: Path
    checkpoints: Path

    def variant(self, variant: Variant) -> Path:
        """Write a variant unless its file is up to date."""
        path = self.out / f"{variant.name}{SUFFIX}"
        provenance = self._provenance(variant)
        if _is_current(path, variant, provenance):
            log(f"{path}: up to date")
            return path
        base = self._base(variant)
        log(f"{path}: {variant.method.method}")
        artifact = self._compressed(variant, base)
        metrics = {
            name: manifest_metrics(artifact, self.data.splits[name]) for name in self._measured
        }
        artifact.with_manifest(
            name=variant.name, settings=_settings(variant), provenance=provenance, metrics=metrics
        ).save(path)
        variant.method.clear(base, folder=self.checkpoints)
        return path

    def _base(self, variant: Variant) -> Checkpoint:
        checkpoint = self.bases.checkpoint(self.recipe.base_of(variant))
        base = checkpoint.with_vocabulary(variant.vocabulary)
        return fold(base) if variant.fold else base

    def _compressed(self, variant: Variant, base: Checkpoint) -> Artifact:
        name = self.recipe.base_of(variant)
        supervision = self.bases.supervision(name)
        artifact = variant.method.compress(base, self.data, supervision, folder=self.checkpoints)
        dev, soft_targets = self.bases.tuning_split(name), self.bases.threshold_labels(name).targets
        try:
            return with_decision(artifact, variant, dev, soft_targets=soft_targets)
        except CompressionError as error:
            raise CompressionError(f"variant {variant.name}: {error}") from error

    def _provenance(self, variant: Variant) -> Provenance:
        name = self.recipe.base_of(variant)
        return Provenance(
            recipe=self.recipe.name,
            data_sha256=self.data.sha256,
            seed=self.bases.settings(name).seed,
            parent=self.bases.key(name),
            edgemood_version=__version__,
            measured_on={split: self.data.splits[split].sha256 for split in self._measured},
        )

    @property
    def _measured(self) -> list[str]:
        """The splits with figures in the manifest; the test split influences nothing else."""
        return [name for name in self.data.splits if name != "train"]


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
