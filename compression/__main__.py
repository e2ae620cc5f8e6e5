"""Command line: `python -m compression build | evaluate | report | search`."""

import argparse
import os
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from compression.data.dataset import Dataset
from compression.data.goemotions import GoEmotions, download
from compression.data.noise import KINDS, noised
from compression.errors import CompressionError
from compression.evaluation.report.page import write_report
from compression.evaluation.report.terminal import table_lines
from compression.evaluation.results import Evaluation
from compression.evaluation.run import evaluate
from compression.recipes.build import build
from compression.recipes.schema import EVERY_TEACHER, DataSettings, Recipe
from compression.search.study import search, write_front
from compression.teachers.ensemble import Ensemble, teacher_of
from compression.teachers.teacher import Teacher
from compression.threads import one_thread
from edgemood import EdgemoodError

DATA_VARIABLE = "EMOTION_DATA"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command.

    Returns:
        0; 2 where an input cannot be used, after saying so on standard error; 130 when interrupted.
    """
    options = _parser().parse_args(arguments)
    try:
        commands = {"build": _build, "evaluate": _evaluate, "report": _report, "search": _search}
        commands[options.command](options)
    except EdgemoodError as error:
        print(f"compression: {error}", file=sys.stderr)
        return 2
    except OSError as error:
        print(f"compression: {error.filename or 'output'}: {error.strerror}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("interrupted; run the same command again to go on", file=sys.stderr)
        return 130
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m compression", description="Make and measure variants."
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    builder = commands.add_parser("build", help="make the variants of a recipe")
    builder.add_argument("recipe", type=Path, help="a TOML file; some lie in compression/recipes")
    _add_data(builder)
    builder.add_argument("--out", type=Path, default=Path("variants"), help="default: %(default)s")
    _add_checkpoints(builder)
    builder.add_argument(
        "--only", nargs="+", default=[], metavar="NAME", help="build these variants only"
    )
    builder.add_argument(
        "--seeds",
        nargs="+",
        type=_seed,
        default=[],
        metavar="N",
        help="build each variant with each of these, as NAME.sN, in place of the recipe's seeds",
    )
    _add_embeddings(builder)
    _add_teachers(builder)

    evaluator = commands.add_parser("evaluate", help="measure variant files")
    evaluator.add_argument("files", nargs="+", type=Path, metavar="FILE")
    _add_data(evaluator)
    evaluator.add_argument(
        "--recipe",
        type=Path,
        help="its [data] tells how to read --data, default: GoEmotions, Ekman",
    )
    evaluator.add_argument("--split", default="test", help="default: %(default)s")
    evaluator.add_argument(
        "--reference",
        metavar="NAME",
        help="compared with, default: the fp32 variant of the same base",
    )
    evaluator.add_argument(
        "--noise", choices=KINDS, help="what happens to the texts first; see compression/noise.py"
    )
    evaluator.add_argument(
        "--speed", action="store_true", help="time a text through each, in turns; wants a quiet CPU"
    )
    evaluator.add_argument(
        "--teachers", action="store_true", help="measure the transformers of --recipe, too"
    )
    _add_checkpoints(evaluator)
    _add_teachers(evaluator)
    evaluator.add_argument("--out", type=Path, metavar="JSON", help="write the figures there, too")

    searcher = commands.add_parser(
        "search", help="look for the Pareto front of bytes and macro-F1, on dev"
    )
    searcher.add_argument("recipe", type=Path, help="a TOML file with a [search] table")
    _add_data(searcher)
    _add_checkpoints(searcher)
    _add_embeddings(searcher)
    _add_teachers(searcher)
    searcher.add_argument(
        "--trials",
        type=_positive,
        default=40,
        metavar="N",
        help="finished ones in all, default: %(default)s",
    )
    searcher.add_argument(
        "--storage",
        metavar="URL",
        help="Optuna RDB URL that machines may share, default: sqlite:///OUT/NAME.db",
    )
    searcher.add_argument("--study", metavar="NAME", help="default: the recipe's name")
    searcher.add_argument("--out", type=Path, default=Path("search"), help="default: %(default)s")

    reporter = commands.add_parser("report", help="table and plot of an evaluation")
    reporter.add_argument("evaluation", type=Path, metavar="JSON", help="from evaluate --out")
    reporter.add_argument("--out", type=Path, default=Path("docs"), help="default: %(default)s")
    return parser


def _add_checkpoints(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--checkpoints",
        type=Path,
        default=Path("checkpoints"),
        help="folder of trained bases and unfinished trainings, default: %(default)s",
    )


def _add_embeddings(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--embeddings",
        type=Path,
        metavar="FILE",
        help='word vectors as text, e.g. glove.6B.300d.txt, for bases with start = "file"',
    )


def _add_teachers(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--teacher",
        type=_named_folder,
        action="append",
        default=[],
        metavar="[NAME=]DIR",
        help="folder of a pre-trained transformer, in place of the hub name of the recipe's"
        " teacher NAME, or of all its teachers",
    )
    parser.add_argument(
        "--teacher-outputs",
        type=Path,
        default=Path("teacher_outputs"),
        metavar="DIR",
        help="folder of stored teacher outputs; a transformer runs only for texts that have none,"
        " default: %(default)s",
    )


def _positive(text: str) -> int:
    if not text.isdecimal() or not int(text):
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number above 0")
    return int(text)


def _seed(text: str) -> int:
    if not text.isdecimal() or int(text) >= 2**32:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number below 2**32")
    return int(text)


def _named_folder(text: str) -> tuple[str, str]:
    if Path(text).is_dir():
        return EVERY_TEACHER, text
    name, _, folder = text.partition("=")
    if not name or not Path(folder).is_dir() or not folder:
        raise argparse.ArgumentTypeError(f"{text!r} is not DIR or NAME=DIR, a folder that is there")
    return name, folder


def _add_data(parser: argparse.ArgumentParser) -> None:
    default = os.environ.get(DATA_VARIABLE)
    parser.add_argument(
        "--data",
        type=Path,
        default=Path(default) if default else None,
        metavar="DIR",
        help=f"folder of the data files, default: ${DATA_VARIABLE}",
    )
    parser.add_argument(
        "--download", action="store_true", help="fetch missing GoEmotions files into --data first"
    )


def _load(options: argparse.Namespace, settings: DataSettings) -> Dataset:
    if options.data is None:
        raise CompressionError(f"where is the data? Give --data DIR or set {DATA_VARIABLE}")
    if options.download:
        if not isinstance(settings, GoEmotions):
            raise CompressionError("--download fetches GoEmotions; the recipe's data is a table")
        download(options.data)
    return settings.load(options.data)


def _build(options: argparse.Namespace) -> None:
    recipe = Recipe.read(options.recipe).with_teachers(dict(options.teacher))
    recipe = recipe.with_seeds(options.seeds) if options.seeds else recipe
    data = _load(options, recipe.data)
    only = tuple(options.only)
    paths = build(
        recipe,
        data,
        out=options.out,
        checkpoints=options.checkpoints,
        only=only,
        answers=options.teacher_outputs,
        embeddings=options.embeddings,
    )
    with one_thread():
        for path in paths:
            print(f"{path}  {path.stat().st_size:,} bytes")


def _evaluate(options: argparse.Namespace) -> None:
    recipe = Recipe.read(options.recipe) if options.recipe else None
    data = _load(options, recipe.data if recipe else GoEmotions())
    if options.noise:
        changed = {name: noised(split, options.noise) for name, split in data.splits.items()}
        data = replace(data, splits=changed)
    evaluation = evaluate(
        options.files,
        data,
        split=options.split,
        reference=options.reference,
        timed=options.speed,
        teachers=_teachers(options, recipe, data),
    )
    for line in table_lines(evaluation):
        print(line)
    if options.out:
        evaluation.write(options.out)


def _teachers(
    options: argparse.Namespace, recipe: Recipe | None, data: Dataset
) -> list[Teacher | Ensemble]:
    if not options.teachers:
        return []
    if recipe is None or not recipe.teacher:
        raise CompressionError("--teachers wants a --recipe that has a [teacher.NAME]")
    settings = recipe.with_teachers(dict(options.teacher)).teacher
    folder: Path = options.checkpoints
    return [
        teacher_of(name, own, data, folder, teacher_outputs=options.teacher_outputs)
        for name, own in settings.items()
    ]


def _search(options: argparse.Namespace) -> None:
    recipe = Recipe.read(options.recipe).with_teachers(dict(options.teacher))
    study = options.study or recipe.name
    with one_thread():
        found = search(
            recipe,
            _load(options, recipe.data),
            trials=options.trials,
            storage=options.storage or f"sqlite:///{options.out / study}.db",
            study=study,
            checkpoints=options.checkpoints,
            answers=options.teacher_outputs,
            embeddings=options.embeddings,
        )
    for path in write_front(found, recipe, options.out):
        print(path)


def _report(options: argparse.Namespace) -> None:
    for path in write_report(Evaluation.read(options.evaluation), options.out):
        print(path)


if __name__ == "__main__":
    sys.exit(main())
