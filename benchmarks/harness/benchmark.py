"""The command line of a benchmark: options, measurement, results.

A benchmark's own module defines the measurement and the page.
"""

import argparse
import shutil
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.harness.pages import Results, read_results, write_results


def _always(results: Results) -> bool:
    del results
    return True


@dataclass(frozen=True, kw_only=True)
class Benchmark:
    """One benchmark."""

    name: str
    """Of the files with its results."""
    description: str
    """A docstring; its first line is shown by `--help`."""
    add_options: Callable[[argparse.ArgumentParser], None]
    """Adds the benchmark's own options."""
    measure: Callable[[argparse.Namespace], Results]
    page: Callable[[Results], Iterable[str]]
    """The lines of the Markdown page."""
    passed: Callable[[Results], bool] = _always
    """Whether the results are acceptable; decides the exit code."""
    programs: tuple[str, ...] = ()
    """Programs that must be installed."""

    def main(self, arguments: Sequence[str] | None = None) -> int:
        """Measure and write, or write the page of an earlier run.

        Returns:
            0, 1 if the results are not acceptable, or 2 if a program is missing.
        """
        options = self._parser().parse_args(arguments)
        if options.results:
            self._write(read_results(options.results), options.out)
            return 0
        missing = [program for program in self.programs if shutil.which(program) is None]
        if missing:
            print(f"install {', '.join(missing)}", file=sys.stderr)
            return 2
        results = self.measure(options)
        self._write(results, options.out)
        return 0 if self.passed(results) else 1

    def _parser(self) -> argparse.ArgumentParser:
        parser = argparse.ArgumentParser(description=self.description.splitlines()[0])
        parser.add_argument(
            "--python", default=sys.executable, help="interpreter with the service's packages"
        )
        parser.add_argument(
            "--out", type=Path, required=True, help=f"folder for {self.name}.json and .md"
        )
        parser.add_argument(
            "--from",
            dest="results",
            type=Path,
            metavar="JSON",
            help="results of an earlier run; writes their page and measures nothing",
        )
        self.add_options(parser)
        return parser

    def _write(self, results: Results, folder: Path) -> None:
        write_results(results, self.page, folder=folder, name=self.name)
