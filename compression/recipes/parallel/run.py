"""Builds variants in several processes."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from compression.errors import CompressionError
from compression.progress import log
from compression.recipes.parallel.groups import Group, group_variants
from compression.recipes.parallel.processes import build_groups
from compression.recipes.parallel.worker import GroupEnd
from compression.recipes.variant import Variant
from compression.recipes.variant_builder import BuildInputs, VariantBuilder


def build_in_processes(
    inputs: BuildInputs, variants: Sequence[Variant], *, jobs: int
) -> Iterator[Path]:
    """Build variants; those that share no base at the same time.

    Transformers run before, in this process with all threads. The files are the same, byte by
    byte, as those of a build in one process.

    Args:
        inputs: of the build.
        variants: some of the recipe's.
        jobs: the highest number of processes.

    Yields:
        The path of each variant once it is written or found to be up to date.

    Raises:
        CompressionError: variants could not be built; those of all other groups are.
    """
    builder, outdated = VariantBuilder(inputs), list[Variant]()
    for variant in variants:
        if builder.is_current(variant):
            yield builder.build(variant)
        else:
            outdated.append(variant)
    groups = group_variants(inputs.recipe, outdated, inputs.corpora)
    if len(groups) < 2:
        yield from map(builder.build, outdated)
        return
    groups, problems = _ask_teachers(inputs, groups)
    for message in build_groups(inputs, groups, jobs=jobs):
        if not isinstance(message, GroupEnd):
            yield message
        elif message.problem is not None:
            problems.append(_logged(message.problem))
    if problems:
        raise CompressionError("\n  ".join(problems))


def _ask_teachers(inputs: BuildInputs, groups: Sequence[Group]) -> tuple[list[Group], list[str]]:
    """The groups whose transformers have run, and the problems of the others."""
    builder = VariantBuilder(inputs)  # a new one, for it keeps the texts of all bases
    ready, problems = list[Group](), list[str]()
    for group in groups:
        try:
            for variant in group:
                builder.ask_teachers(variant)
        except CompressionError as error:
            problems.append(_logged(str(error)))
        else:
            ready.append(group)
    return ready, problems


def _logged(problem: str) -> str:
    log(f"{problem}; the build goes on with variants of other bases")
    return problem
