"""The blocks about registers, from figures that are small enough to read."""

import importlib
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

GENERATOR = Path(__file__).parents[2] / "docs" / "generator"
SHARE = {"estimate": 0.5, "low": 0.251, "high": 0.749}
ACCURACY = {"first": SHARE, "given": SHARE, "labels_a_sentence": 1.25}


def result(name: str, *, before: bool = False, gain: Any = None) -> dict[str, Any]:
    return {
        "name": name,
        "before": before,
        "registers": {"tweets": ACCURACY},
        "together": ACCURACY,
        "labels": {"joy": {"sentences": 2, "recall": SHARE, "precision": None}},
        "gain": gain,
    }


@pytest.fixture
def blocks(monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    """`docs/generator/registers.py`, which imports its neighbours by their bare names."""
    monkeypatch.syspath_prepend(GENERATOR)
    yield importlib.import_module("registers")
    for name in ("registers", "formatting"):
        sys.modules.pop(name)


def test_variants_and_no_others(blocks: ModuleType) -> None:
    results = [result(name) for name in ("apot-kd", "cqat-lut", "fp32", "nano")]
    lines = blocks.by_register({"sentences": {"tweets": 4}, "results": results}).splitlines()
    assert lines[:4] == [
        "| register | sentences | apot-kd | nano | fp32 |",
        "|---|---:|---:|---:|---:|",
        "| tweets | 4 | 50% [25, 75] | 50% [25, 75] | 50% [25, 75] |",
        "| together | 4 | 50% [25, 75] | 50% [25, 75] | 50% [25, 75] |",
    ]
    assert "1.25 labels a sentence" in lines[5]
    assert "changed by" not in " ".join(lines)


def test_an_earlier_file_comes_first_with_the_change(blocks: ModuleType) -> None:
    gain = {"estimate": 0.125, "low": -0.02, "high": 0.27}
    results = [result("apot-kd", before=True), result("apot-kd", gain=gain)]
    results += [result("fp32", gain=gain), result("nano", gain=gain)]
    text = blocks.by_register({"sentences": {"tweets": 4}, "results": results})
    assert text.startswith("| register | sentences | apot-kd, before | apot-kd | nano | fp32 |\n")
    assert "changed by +12 [-2, +27] percentage points" in " ".join(text.split())


def test_labels_of_the_default(blocks: ModuleType) -> None:
    results = [result(name) for name in ("apot-kd", "fp32", "nano")]
    assert blocks.by_label({"results": results}).splitlines() == [
        "| label | sentences | recall | precision |",
        "|---|---:|---:|---:|",
        "| joy | 2 | 50% [25, 75] | – |",
    ]
