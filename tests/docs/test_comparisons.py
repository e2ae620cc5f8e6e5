"""The blocks that compare with the former default, from figures that are small enough to read."""

import importlib
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

GENERATOR = Path(__file__).parents[2] / "docs" / "generator"
MODULES = ("comparisons", "quality", "sentences", "figure", "formatting")


def figure(value: float) -> dict[str, float]:
    return {"estimate": value, "low": value - 0.01, "high": value + 0.01}


def result(name: str, **further: Any) -> dict[str, Any]:
    return {
        "name": name,
        "sizes": {"file": 12_345},
        "resident_bytes": 23_456,
        "macro_f1": figure(0.6),
        "single_label": {"texts": 1_200, "accuracy": figure(0.5)},
        **further,
    }


def evaluation(*results: dict[str, Any], **further: Any) -> dict[str, Any]:
    kept = {r["name"]: figure(0.9) for r in results}
    teacher = {"file_bytes": 90_000_000, "macro_f1": figure(0.7), "kept": kept}
    spread = {"mean": 0.6, "sd": 0.01}
    groups = [
        {
            "name": r["name"],
            "file_bytes": {"mean": 12_345.0},
            "macro_f1": spread,
            "difference": figure(0.02),
            "accuracy": spread,
            "accuracy_difference": figure(-0.03),
        }
        for r in results
    ]
    return {"results": results, "teachers": [teacher], "by_seed": groups, **further}


@pytest.fixture
def load(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], ModuleType]]:
    """Import a module of `docs/generator`, whose modules import each other by bare names."""
    monkeypatch.syspath_prepend(GENERATOR)
    yield importlib.import_module
    for name in MODULES:
        sys.modules.pop(name, None)


def test_means_over_seeds_beside_the_former_default(load: Callable[[str], ModuleType]) -> None:
    measured = evaluation(result("apot-kd"), result("fp32"))
    measured["results"] += (result("apot-kd-0.2.0"),)
    assert load("comparisons").compared(measured).splitlines()[2:] == [
        "| `apot-kd-0.2.0` | 0.600 |  | 0.500 |  |",
        *(
            f"| `{name}` | 0.600 ± 0.010 | +0.020 [+0.010, +0.030] | 0.600 ± 0.010 |"
            " -0.030 [-0.040, -0.020] |"
            for name in ("fp32", "apot-kd")
        ),
    ]


def test_accuracy_on_subsets(load: Callable[[str], ModuleType]) -> None:
    against = {"accuracy": figure(0.04), "micro_f1": figure(0.02)}
    results = [result("apot-kd-0.2.0"), result("apot-kd", against=against), result("nano")]
    measured = [
        evaluation(*results, source=source, subset=subset)
        for source, subset in ((None, "emoji"), ("xed", "questions"))
    ]
    share = "50.0% [49.0, 51.0]"
    gains = "+4.0 [+3.0, +5.0] | +0.020 [+0.010, +0.030]"
    assert load("comparisons").subsets(*measured).splitlines()[2:] == [
        f"| comments with emoji or emoticons | 1,200 | {share} | {share} | {gains} |",
        f"| subtitles that end with a question mark | 1,200 | {share} | {share} | {gains} |",
    ]


def test_the_table_of_variants_with_and_without_subtitles(
    load: Callable[[str], ModuleType],
) -> None:
    block = load("quality")
    shipped = evaluation(result("nano"), result("apot-kd"))
    rows = block.variants(shipped, shipped).splitlines()[2:]
    assert [row.split(" | ")[0] for row in rows] == ["| `apot-kd`", "| `nano`", "| teacher"]
    assert rows[0].endswith("| 12,345 | 23,456 | 0.600 [0.590, 0.610] | 90.0% [89.0, 91.0] |")
    subtitles = evaluation(*shipped["results"], result("apot-kd-0.2.0", macro_f1=figure(0.3)))
    header, _, first, *_, last = block.variants(shipped, shipped, subtitles, subtitles).splitlines()
    assert header.endswith("| macro-F1 | keeps | macro-F1, subtitles | keeps |")
    assert first.endswith("| 0.600 [0.590, 0.610] | 90.0% [89.0, 91.0] |")
    assert last.endswith("| 0.700 [0.690, 0.710] | 100% | 0.700 [0.690, 0.710] | 100% |")


def test_an_unknown_variant_is_no_row(load: Callable[[str], ModuleType]) -> None:
    with pytest.raises(AssertionError, match="missing in WEIGHTS"):
        load("quality").sizes(evaluation(result("new")))


def test_the_headline_names_what_was_measured(load: Callable[[str], ModuleType]) -> None:
    block, students = load("quality"), evaluation(result("apot-kd"))
    assert "It keeps 90.0% [89.0, 91.0] of the macro-F1" in one_line(block.headline(students))
    both = one_line(block.headline(students, evaluation(result("apot-kd"))))
    assert "On Reddit comments, it keeps 90.0%" in both
    assert both.endswith("on film subtitles, 90.0% [89.0, 91.0].")


def test_retention_of_one_transformer_and_of_an_ensemble(
    load: Callable[[str], ModuleType],
) -> None:
    students = evaluation(result("apot-kd"), result("nano"), result("fp32"))
    students["results"] += tuple(result(f"{n}.s{i}") for n in ("apot-kd", "nano") for i in (0, 1))
    text = one_line(load("quality").retention(students))
    assert "macro-F1 of 0.7000 [0.6900, 0.7100]" in text
    assert "`nano`, 7,290 times smaller, keeps 90.0% [89.0, 91.0];" in text
    assert "`apot-kd` has a macro-F1 of 0.600 and 0.600" in text
    assert "together" not in text
    students["teachers"].append({**students["teachers"][0], "together": 3})
    assert "All 3 transformers together have" in one_line(load("quality").retention(students))


def test_errors_of_a_register(
    load: Callable[[str], ModuleType], monkeypatch: pytest.MonkeyPatch
) -> None:
    block = load("sentences")
    rows = [
        {"text": "I am so happy!", "labels": "joy"},
        {"text": "I am so glad!", "labels": "anger,fear"},
        {"text": "Thank you, this is wonderful!", "labels": "anger"},
    ]
    monkeypatch.setattr(block, "HARD", ("questions",))
    (row,) = block.errors(rows).splitlines()[2:]
    assert row.startswith("| questions | 2 of 3 | joy 2 | ")
    assert row.endswith(("*anger*) |", "*anger or fear*) |"))
    assert block.errors(rows[:1]).splitlines()[2] == "| questions | 0 of 1 | – | – |"


def one_line(text: str) -> str:
    return " ".join(text.split())
