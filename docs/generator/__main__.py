"""Rewrite every figure of the README and the documentation: `python docs/generator`.

Figures are in blocks between `<!-- generated: NAME from FILE, FILE -->` and
`<!-- /generated -->`. A block depends only on the files it names, relative to `docs/`. `--check`
writes nothing and exits with 1 if anything is out of date.
"""

import argparse
import json
import sys
from pathlib import Path

import figure
import pages

ROOT = Path(__file__).resolve().parents[2]


def main() -> int:
    """Write what is out of date, or list it; 1 with `--check` if anything is."""
    parser = argparse.ArgumentParser(prog="python docs/generator", description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; exit with 1 if stale")
    options = parser.parse_args()
    stale = {
        path: text
        for path, text in {**_pages(), **_figures()}.items()
        if not path.exists() or path.read_text(encoding="utf-8") != text
    }
    for path, text in stale.items():
        print(path.relative_to(ROOT))
        if not options.check:
            path.write_text(text, encoding="utf-8")
    return 1 if options.check and stale else 0


def _pages() -> dict[Path, str]:
    paths = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
    return {path: pages.rewritten(path.read_text("utf-8"), ROOT / "docs") for path in paths}


def _figures() -> dict[Path, str]:
    students, plain = (
        json.loads((ROOT / "docs" / name).read_text("utf-8"))
        for name in ("students/results.json", "results.json")
    )
    return {
        ROOT / "docs" / "images" / f"sizes-{scheme}.svg": figure.draw(students, plain, palette)
        for scheme, palette in figure.PALETTES.items()
    }


if __name__ == "__main__":
    sys.exit(main())
