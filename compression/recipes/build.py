"""Builds a recipe: trains bases, compresses variants, fits decisions, measures and writes.

Finished work is kept: trained bases and unfinished trainings in the checkpoint folder, and variant
files that already match the recipe.
"""

from collections.abc import Collection, Iterator, Sequence
from pathlib import Path

from compression.data.corpora import Corpora
from compression.data.label_counts import check_label_counts
from compression.errors import CompressionError
from compression.recipes.parallel.run import build_in_processes
from compression.recipes.recipe import Recipe
from compression.recipes.variant import Variant
from compression.recipes.variant_builder import BuildInputs, VariantBuilder
from compression.seeds import without_seed


def build(
    recipe: Recipe,
    corpora: Corpora,
    *,
    out: Path,
    checkpoints: Path,
    only: Collection[str] = (),
    teacher_outputs: Path | None = None,
    embeddings: Path | None = None,
    jobs: int = 1,
) -> Iterator[Path]:
    """Make the variants of a recipe.

    Args:
        recipe: what to build.
        corpora: as `Recipe.load` reads them.
        out: folder of the variant files; made if missing.
        checkpoints: folder of trained bases; made if missing.
        only: names of the variants to build, with or without a seed; all if empty.
        teacher_outputs: folder with outputs of the recipe's transformers; only read.
        embeddings: word vectors, for bases that start from a file and name none.
        jobs: number of processes. With 1, variants are built in their order, and the first one that
            fails ends the build. With more, those of other bases are built all the same. The
            processes import the caller's main module, so a script needs `if __name__ ==
            "__main__"`.

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
    check_label_counts(corpora.main)
    out.mkdir(parents=True, exist_ok=True)
    inputs = BuildInputs(recipe, corpora, out, checkpoints, teacher_outputs, embeddings)
    if jobs > 1:
        yield from build_in_processes(inputs, chosen, jobs=jobs)
    else:
        yield from map(VariantBuilder(inputs).build, chosen)


def _chosen(variants: Sequence[Variant], only: set[str]) -> list[Variant]:
    names = {variant.name: {variant.name, without_seed(variant.name)} for variant in variants}
    if unknown := only - set().union(*names.values()):
        raise CompressionError(
            f"no variant {', '.join(sorted(unknown))}; known: {', '.join(names)}"
        )
    return [variant for variant in variants if not only or only & names[variant.name]]
