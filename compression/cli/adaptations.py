"""`adaptations`: measures how much variant files gain by `edgemood adapt`."""

import argparse
from collections.abc import Iterator
from pathlib import Path

from compression.cli import arguments
from compression.evaluation.adaptation.measurement import measure_adaptations
from compression.recipes.recipe import Recipe


def add_parser(
    commands: "argparse._SubParsersAction[argparse.ArgumentParser]",
) -> argparse.ArgumentParser:
    """Add the command's arguments."""
    parser = commands.add_parser(
        "adaptations",
        help="measure how much variant files gain by `edgemood adapt`",
        description="Adapt variants to random draws of the dev split, and measure them on test.",
    )
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE", help="variant files")
    arguments.add_data(parser)
    parser.add_argument("--recipe", type=Path, required=True, help="describes the files of --data")
    parser.add_argument("--source", metavar="NAME", help="a [source.NAME] instead of its [data]")
    parser.add_argument(
        "--texts",
        nargs="+",
        type=arguments.positive_number,
        default=[100, 300, 1000],
        metavar="N",
        help="sizes of the draws, default: 100 300 1000",
    )
    parser.add_argument(
        "--draws",
        type=arguments.positive_number,
        default=10,
        metavar="N",
        help="draws of each size, default: %(default)s",
    )
    parser.add_argument("--out", type=Path, metavar="JSON", help="file to write all figures to")
    return parser


def run(options: argparse.Namespace) -> Iterator[str]:
    """Yield the gain of each variant and size, and write the JSON file."""
    recipe = Recipe.read(options.recipe)
    if options.source:
        recipe = recipe.with_source_as_data(options.source)
    found = measure_adaptations(
        options.files,
        arguments.load_data(options, recipe.data),
        source=options.source,
        sizes=options.texts,
        draws=options.draws,
    )
    for result in found.results:
        yield f"{result.name}: macro-F1 {result.macro_f1.estimate:.3f}, ECE {result.ece:.3f}"
        for own in result.adapted:
            gain = own.gain
            yield (
                f"  {own.texts:>5,} texts: {gain.estimate:+.3f} [{gain.low:+.3f}, {gain.high:+.3f}]"
                f" over {own.draws} draws, ECE {own.ece:.3f}"
            )
    if options.out:
        found.write(options.out)
