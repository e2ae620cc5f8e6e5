"""What benchmarks of the service have in common: their options, their conditions, their pages."""

import argparse
import json
import platform
import re
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any


def parser_of(doc: str | None, *, name: str) -> argparse.ArgumentParser:
    """A parser with what every benchmark takes.

    Args:
        doc: the module's docstring; its first line is the description.
        name: of the files that the benchmark writes.
    """
    parser = argparse.ArgumentParser(description=(doc or "").splitlines()[0])
    parser.add_argument("--python", default=sys.executable, help="that has the service's packages")
    parser.add_argument("--out", type=Path, required=True, help=f"folder for {name}.json and .md")
    return parser


def require_wrk() -> None:
    """Exit with 2 where wrk is not installed."""
    if shutil.which("wrk") is None:
        print("install wrk", file=sys.stderr)
        raise SystemExit(2)


def conditions(cores: int, **further: Any) -> dict[str, Any]:
    """What figures depend on: the machine, and what the benchmark adds."""
    return {"cpu": cpu(), "cores": cores, "python": platform.python_version(), **further}


def cpu() -> str:
    """The processor's name, where Linux tells it."""
    try:
        found = re.search(r"model name\s*: (.*)", Path("/proc/cpuinfo").read_text())
    except OSError:
        found = None
    return found[1] if found else platform.machine()


def write(
    results: dict[str, Any],
    table: Callable[[dict[str, Any]], Iterator[str]],
    *,
    folder: Path,
    name: str,
) -> None:
    """Write the figures and the page made of them, and print the page."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.json").write_text(json.dumps(results, indent=1) + "\n")
    page = "\n".join(table(results)) + "\n"
    (folder / f"{name}.md").write_text(page)
    print(page)
