"""`search`: searches the Pareto front of file size and macro-F1."""

import argparse
from collections.abc import Iterator
from pathlib import Path

from compression.cli import arguments
from compression.search.front import write_front
from compression.search.run import search
from compression.threads import one_thread


def add_parser(
    commands: "argparse._SubParsersAction[argparse.ArgumentParser]",
) -> argparse.ArgumentParser:
    """Add the command's arguments."""
    parser = commands.add_parser(
        "search", help="search the Pareto front of file size and macro-F1, on dev"
    )
    arguments.add_recipe(parser, description="a TOML file with a [search] table")
    arguments.add_data(parser)
    arguments.add_checkpoints(parser)
    arguments.add_embeddings(parser)
    arguments.add_teachers(parser)
    parser.add_argument(
        "--trials",
        type=arguments.positive_number,
        default=40,
        metavar="N",
        help="number of finished trials, earlier runs included, default: %(default)s",
    )
    _add_outputs(parser)
    return parser


def _add_outputs(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--storage",
        metavar="URL",
        help="Optuna RDB URL, which several machines may share, default: sqlite:///OUT/STUDY.db",
    )
    parser.add_argument(
        "--study", metavar="NAME", help="name of the study, default: the recipe's name"
    )
    parser.add_argument(
        "--out",
        type=Path,
        default=Path("search"),
        metavar="DIR",
        help="folder of the results, default: %(default)s",
    )


def run(options: argparse.Namespace) -> Iterator[str]:
    """Yield the paths of the files written."""
    recipe = arguments.read_recipe(options)
    study = options.study or recipe.name
    with one_thread():
        trials = search(
            recipe,
            arguments.load_corpora(options, recipe),
            trials=options.trials,
            storage=options.storage or f"sqlite:///{options.out / study}.db",
            study=study,
            checkpoints=options.checkpoints,
            teacher_outputs=options.teacher_outputs,
            embeddings=options.embeddings,
        )
    yield from map(str, write_front(trials, recipe, options.out))
