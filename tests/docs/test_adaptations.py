"""The block about adaptations, from figures that are small enough to read."""

import importlib
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

GENERATOR = Path(__file__).parents[2] / "docs" / "generator"
GAIN = {"estimate": 0.05, "low": 0.021, "high": 0.079}
DRAWS = {
    "texts": 1000,
    "macro_f1": {**GAIN, "estimate": 0.45},
    "gain": GAIN,
    "stated_gain": {"mean": 0.0412, "sd": 0.011},
    "clear": 0.7,
    "ece": 0.0312,
}
RESULT = {"name": "apot-kd", "macro_f1": {**GAIN, "estimate": 0.4}, "ece": 0.05, "adapted": [DRAWS]}


@pytest.fixture
def blocks(monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    """`docs/generator/adaptations.py`, which imports its neighbours by their bare names."""
    monkeypatch.syspath_prepend(GENERATOR)
    yield importlib.import_module("adaptations")
    for name in ("adaptations", "formatting"):
        sys.modules.pop(name)


def test_before_and_after(blocks: ModuleType) -> None:
    before, after = blocks.gains({"results": [RESULT]}).splitlines()[2:]
    assert before == "| `apot-kd` | – | 0.400 | – | – | – | 0.050 |"
    assert after == (
        "| `apot-kd` | 1,000 | 0.450 | +0.050 [+0.021, +0.079] | +0.041 ± 0.011 | 70% | 0.031 |"
    )
