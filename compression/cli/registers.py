"""`registers`: measures variant files on sentences of tweets, headlines, reviews and so on."""

import argparse
from collections.abc import Iterator
from pathlib import Path

from compression.evaluation.registers.lists import read_registers
from compression.evaluation.registers.measurement import measure_registers


def add_parser(
    commands: "argparse._SubParsersAction[argparse.ArgumentParser]",
) -> argparse.ArgumentParser:
    """Add the command's arguments."""
    parser = commands.add_parser("registers", help="measure variant files on lists of sentences")
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE", help="variant files")
    parser.add_argument(
        "--before",
        nargs="*",
        type=Path,
        default=[],
        metavar="FILE",
        help="earlier variant files; gains are over the first of them",
    )
    parser.add_argument(
        "--lists",
        type=Path,
        default=Path("tests/system/registers"),
        metavar="DIR",
        help="folder of files NAME.tsv with the columns text and labels, default: %(default)s",
    )
    parser.add_argument("--out", type=Path, metavar="JSON", help="file to write all figures to")
    return parser


def run(options: argparse.Namespace) -> Iterator[str]:
    """Yield the accuracy of each variant, and write the JSON file."""
    registers = read_registers(options.lists)
    found = measure_registers(options.files, registers, before=options.before)
    for result in found.results:
        name = f"{result.name}, before" if result.before else result.name
        first = result.together.first
        yield f"{name}: {first.estimate:.3f} [{first.low:.3f}, {first.high:.3f}]"
    if options.out:
        found.write(options.out)
