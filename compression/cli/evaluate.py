"""`evaluate`: measures quality, size and speed of variant files."""

import argparse
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from compression.cli import arguments
from compression.data.dataset import Dataset
from compression.data.goemotions import GoEmotions
from compression.data.noise import KINDS, noised
from compression.data.subsets import SUBSETS, subset
from compression.errors import CompressionError
from compression.evaluation.report.terminal import table_lines
from compression.evaluation.run import evaluate
from compression.recipes.recipe import Recipe
from compression.teachers.ensemble import Ensemble, teacher_of
from compression.teachers.teacher import Teacher


def add_parser(
    commands: "argparse._SubParsersAction[argparse.ArgumentParser]",
) -> argparse.ArgumentParser:
    """Add the command's arguments."""
    parser = commands.add_parser("evaluate", help="measure variant files")
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE", help="variant files")
    arguments.add_data(parser)
    parser.add_argument(
        "--recipe",
        type=Path,
        metavar="RECIPE",
        help="its [data] describes the files of --data, default: GoEmotions with Ekman's labels",
    )
    parser.add_argument(
        "--source",
        metavar="NAME",
        help="measure on a [source.NAME] of --recipe instead of its [data]",
    )
    parser.add_argument(
        "--split", default="test", help="dev or test, default: %(default)s", metavar="SPLIT"
    )
    parser.add_argument(
        "--reference",
        metavar="NAME",
        help="variant to compare the others with, default: the fp32 variant of the same base",
    )
    _add_measurements(parser)
    arguments.add_checkpoints(parser)
    arguments.add_teachers(parser)
    parser.add_argument("--out", type=Path, metavar="JSON", help="file to write all figures to")
    return parser


def _add_measurements(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--subset",
        choices=SUBSETS,
        help="measure on texts of one kind; see compression/data/subsets.py",
    )
    parser.add_argument(
        "--noise",
        choices=KINDS,
        help="noise to add to the texts first; see compression/data/noise.py",
    )
    parser.add_argument(
        "--speed", action="store_true", help="measure speed, too; needs an otherwise idle CPU"
    )
    parser.add_argument(
        "--single-label",
        action="store_true",
        help="measure the label with the highest score, too, on the texts with exactly one label",
    )
    parser.add_argument(
        "--curves",
        action="store_true",
        help="keep reliability and risk-coverage curves, which `report` plots",
    )
    parser.add_argument(
        "--teachers", action="store_true", help="measure the teachers of --recipe, too"
    )
    parser.add_argument(
        "--join",
        nargs="+",
        action="extend",
        type=_label_pair,
        metavar="A=B",
        help="count label A of the variants as label B of the data, to compare finer labels with"
        " coarser ones: --join caring=joy curiosity=surprise",
    )


def _label_pair(argument: str) -> tuple[str, str]:
    own, sign, label = argument.partition("=")
    if not (own and sign and label):
        raise argparse.ArgumentTypeError(f"{argument!r} is not of the form A=B")
    return own, label


def run(options: argparse.Namespace) -> Iterator[str]:
    """Yield the lines of a table, and write the JSON file."""
    recipe = _recipe(options)
    data = arguments.load_data(options, recipe.data if recipe else GoEmotions())
    evaluation = evaluate(
        options.files,
        _measured(options, data),
        source=options.source,
        split=options.split,
        subset=options.subset,
        reference=options.reference,
        timed=options.speed,
        single_label=options.single_label,
        curves=options.curves,
        teachers=_teachers(options, recipe, data) if options.teachers else (),
        joined=dict(options.join) if options.join else None,
    )
    yield from table_lines(evaluation)
    if options.out:
        evaluation.write(options.out)


def _recipe(options: argparse.Namespace) -> Recipe | None:
    recipe = Recipe.read(options.recipe) if options.recipe else None
    if options.source is None:
        return recipe
    if recipe is None:
        raise CompressionError("--source needs a --recipe with a [source.NAME]")
    return recipe.with_source_as_data(options.source)


def _measured(options: argparse.Namespace, data: Dataset) -> Dataset:
    """The data with a subset of the measured split, or with noise in that split."""
    if options.split not in data.splits:
        return data  # `evaluate` lists the known ones
    examples = data.splits[options.split]
    if options.subset:
        examples = subset(examples, options.subset)
    if options.noise:
        examples = noised(examples, options.noise)
    return replace(data, splits={**data.splits, options.split: examples})


def _teachers(
    options: argparse.Namespace, recipe: Recipe | None, data: Dataset
) -> list[Teacher | Ensemble]:
    if recipe is None or not recipe.teacher:
        raise CompressionError("--teachers needs a --recipe with a [teacher.NAME]")
    sources = {name: source.load(options.data) for name, source in recipe.source.items()}
    return [
        teacher_of(
            name,
            settings,
            data,
            options.checkpoints,
            sources=sources,
            teacher_outputs=options.teacher_outputs,
        )
        for name, settings in recipe.with_teachers(dict(options.teacher)).teacher.items()
    ]
