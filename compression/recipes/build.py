"""Runs a recipe: trains the bases it needs, compresses each variant, tunes, measures and writes.

Work that was done stays done: bases and unfinished trainings wait in the checkpoint folder, and a
variant file that already is what the recipe asks for is left alone.
"""

from collections.abc import Iterator
from pathlib import Path

from compression.checkpoints.folding import fold
from compression.data.dataset import Dataset
from compression.errors import CompressionError
from compression.evaluation.scores import with_tuned_thresholds
from compression.evaluation.statistics import manifest_metrics
from compression.progress import log
from compression.recipes.base_store import Bases
from compression.recipes.schema import Recipe, Variant
from compression.seeds import without_seed
from edgemood import Artifact, ArtifactError, __version__
from edgemood.format.artifact import SUFFIX
from edgemood.format.manifest import Provenance
from edgemood.models.sizes import is_folded


def build(
    recipe: Recipe,
    data: Dataset,
    *,
    out: Path,
    checkpoints: Path,
    only: tuple[str, ...] = (),
    answers: Path | None = None,
    embeddings: Path | None = None,
) -> Iterator[Path]:
    """Make the variants of a recipe, one after the other.

    Args:
        recipe: what to build.
        data: as the recipe's `[data]` describes it.
        out: folder of the variant files; made where it is missing.
        checkpoints: folder of trained bases; made where it is missing.
        only: names of variants to build, with or without a seed; all where empty.
        answers: folder of what the recipe's transformers answered elsewhere.
        embeddings: word vectors, for bases that begin with a file and name none.

    Yields:
        The path of each variant once it is written or found to be up to date.

    Raises:
        CompressionError: the recipe has no variants, or `only` names one that it does not have.
    """
    if not recipe.variant:
        raise CompressionError(f"recipe {recipe.name} has no [[variant]]; `search` is for [search]")
    recipe = recipe.expanded()
    unknown = set(only) - {name for variant in recipe.variant for name in _names(variant)}
    if unknown:
        known = ", ".join(variant.name for variant in recipe.variant)
        raise CompressionError(f"no variant {', '.join(sorted(unknown))}; there are: {known}")
    out.mkdir(parents=True, exist_ok=True)
    bases = Bases(
        recipe.base,
        data,
        checkpoints,
        teachers=recipe.teacher,
        answers=answers,
        embeddings=embeddings,
    )
    for variant in recipe.variant:
        if not only or not set(only).isdisjoint(_names(variant)):
            yield _build_variant(recipe, variant, data, bases, out=out, checkpoints=checkpoints)


def _names(variant: Variant) -> tuple[str, str]:
    return variant.name, without_seed(variant.name)


def _build_variant(
    recipe: Recipe, variant: Variant, data: Dataset, bases: Bases, *, out: Path, checkpoints: Path
) -> Path:
    path = out / f"{variant.name}{SUFFIX}"
    name = recipe.base_of(variant)
    provenance = Provenance(
        recipe=recipe.name,
        data_sha256=data.sha256,
        seed=bases.settings(name).seed,
        parent=bases.key(name),
        edgemood_version=__version__,
        measured_on={split: data.splits[split].sha256 for split in _measured_splits(data)},
    )
    if _is_current(path, variant, provenance):
        log(f"{path}: up to date")
        return path
    base = bases.checkpoint(name).with_vocabulary(variant.vocabulary)
    base = fold(base) if variant.fold else base
    log(f"{path}: {variant.method.method}")
    supervision = bases.supervision(name)
    compressed = variant.method.compress(base, data, supervision, folder=checkpoints)
    artifact = with_tuned_thresholds(compressed, data.dev.texts, bases.threshold_targets(name))
    metrics = {
        name: manifest_metrics(artifact, data.splits[name]) for name in _measured_splits(data)
    }
    artifact.with_manifest(name=variant.name, provenance=provenance, metrics=metrics).save(path)
    variant.method.clear(base, folder=checkpoints)
    return path


def _measured_splits(data: Dataset) -> list[str]:
    """Dev, where thresholds were tuned, and test, which has no influence on anything."""
    return [name for name in data.splits if name != "train"]


def _is_current(path: Path, variant: Variant, provenance: Provenance) -> bool:
    if not path.exists():
        return False
    try:
        manifest = Artifact.open(path).manifest
    except ArtifactError:
        return False
    asked = (
        variant.name,
        variant.vocabulary,
        variant.fold,
        variant.method.method,
        variant.method.model_dump(mode="json"),
        provenance,
    )
    return asked == (
        manifest.name,
        manifest.vocabulary,
        is_folded(manifest.sizes),
        manifest.method,
        manifest.settings,
        manifest.provenance,
    )
