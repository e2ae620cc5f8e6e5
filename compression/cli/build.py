"""`build`: makes the variants of a recipe."""

import argparse
from collections.abc import Iterator
from pathlib import Path

from compression.cli import arguments
from compression.recipes.build import build
from compression.threads import one_thread


def add_parser(
    commands: "argparse._SubParsersAction[argparse.ArgumentParser]",
) -> argparse.ArgumentParser:
    """Add the command's arguments."""
    parser = commands.add_parser("build", help="make the variants of a recipe")
    arguments.add_recipe(parser, description="a TOML file, such as those in compression/recipes")
    arguments.add_data(parser)
    parser.add_argument(
        "--out",
        type=Path,
        default=Path("variants"),
        metavar="DIR",
        help="folder of the variant files, default: %(default)s",
    )
    arguments.add_checkpoints(parser)
    parser.add_argument(
        "--only", nargs="+", default=[], metavar="NAME", help="build these variants only"
    )
    parser.add_argument(
        "--seeds",
        nargs="+",
        type=arguments.seed,
        default=[],
        metavar="N",
        help="build each variant with each of these seeds, as NAME.sN; replaces the recipe's seeds",
    )
    parser.add_argument(
        "--jobs",
        type=arguments.positive_number,
        default=1,
        metavar="N",
        help="build variants of different bases in N processes, each with one thread; the files are"
        " the same for every N, default: %(default)s",
    )
    arguments.add_embeddings(parser)
    arguments.add_teachers(parser)
    return parser


def run(options: argparse.Namespace) -> Iterator[str]:
    """Yield the path and size of each variant."""
    recipe = arguments.read_recipe(options)
    recipe = recipe.with_seeds(options.seeds) if options.seeds else recipe
    paths = build(
        recipe,
        arguments.load_corpora(options, recipe),
        out=options.out,
        checkpoints=options.checkpoints,
        only=tuple(options.only),
        teacher_outputs=options.teacher_outputs,
        embeddings=options.embeddings,
        jobs=options.jobs,
    )
    with one_thread():
        for path in paths:
            yield f"{path}  {path.stat().st_size:,} bytes"
