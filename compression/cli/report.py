"""`report`: writes a page and a plot of an evaluation."""

import argparse
from collections.abc import Iterator
from pathlib import Path

from compression.evaluation.report.page import write_report
from compression.evaluation.results import Evaluation


def add_parser(
    commands: "argparse._SubParsersAction[argparse.ArgumentParser]",
) -> argparse.ArgumentParser:
    """Add the command's arguments."""
    parser = commands.add_parser("report", help="write a page and a plot of an evaluation")
    parser.add_argument(
        "evaluation", type=Path, metavar="JSON", help="file that `evaluate --out` wrote"
    )
    parser.add_argument(
        "--out",
        type=Path,
        default=Path("docs"),
        metavar="DIR",
        help="folder of results.md and results.png, default: %(default)s",
    )
    return parser


def run(options: argparse.Namespace) -> Iterator[str]:
    """Yield the paths of the files written."""
    yield from map(str, write_report(Evaluation.read(options.evaluation), options.out))
