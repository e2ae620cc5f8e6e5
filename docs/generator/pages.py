"""Finds the generated blocks of a page and fills them."""

import csv
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import adaptations
import comparisons
import feelings
import quality
import registers
import sentences
import serving
import studies

BLOCKS: dict[str, Callable[..., str]] = {
    "headline": quality.headline,
    "variants": quality.variants,
    "sizes": quality.sizes,
    "labels": quality.labels,
    "calibration": quality.calibration,
    "retention": quality.retention,
    "speed": quality.speed,
    "compared": comparisons.compared,
    "adaptations": adaptations.gains,
    "subsets": comparisons.subsets,
    "plain-sentences": sentences.plain,
    "far-sentences": sentences.far,
    "register-errors": sentences.errors,
    "registers": registers.by_register,
    "register-labels": registers.by_label,
    "ablations": studies.ablations,
    "backoff": studies.backoff,
    "noise": studies.noise,
    "feelings": feelings.feelings,
    "survey-clustering": studies.clustering,
    "survey-layers": studies.layers,
    "survey-distillation": studies.distillation,
    "survey-gains": studies.gains,
    "throughput": serving.throughput,
    "service-headline": serving.headline,
    "soak": serving.soak,
    "overload": serving.overload,
    "footprint": serving.footprint,
    "attacks": serving.attacks,
}
"""Each takes the content of the files that a block names, in their order."""

_BLOCK = re.compile(
    r"(<!-- generated: (?P<name>[a-z-]+) from (?P<files>[^>]+) -->\n).*?(<!-- /generated -->)",
    re.DOTALL,
)


def rewritten(page: str, folder: Path) -> str:
    """The page with every block as it should be.

    Args:
        page: Markdown.
        folder: the files of a block are relative to it.

    Raises:
        KeyError: there is no block of that name.
        OSError: a file cannot be read.
    """

    def block(match: re.Match[str]) -> str:
        files = [_read(folder / name.strip()) for name in match["files"].split(",")]
        return f"{match[1]}\n{BLOCKS[match['name']](*files)}\n\n{match[4]}"

    return _BLOCK.sub(block, page)


def _read(path: Path) -> Any:
    with path.open(encoding="utf-8", newline="") as file:
        if path.suffix == ".tsv":
            return list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
        return json.load(file)
