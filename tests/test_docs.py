"""Hand-written pages quote measured figures; they must be those of the JSON beside them."""

import json
import re
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[1] / "docs"


def quoted(page: Path) -> dict[str, str]:
    """Table rows that begin with a variant's name in backticks."""
    rows = re.findall(r"^\| `([^`]+)` (\|.*)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return dict(rows)


def spread(figure: dict[str, float]) -> str:
    return f"{figure['mean']:.3f} ± {figure['sd']:.3f}"


@pytest.mark.parametrize("name", ["survey"])
def test_quoted_figures_are_measured_ones(name: str) -> None:
    measured = json.loads((DOCS / name / "results.json").read_text(encoding="utf-8"))
    groups = {group["name"]: group for group in measured["by_seed"]}
    rows = quoted(DOCS / f"{name}.md")
    assert set(rows) == set(groups)
    for variant, row in rows.items():
        group = groups[variant]
        assert f"| {spread(group['half']['f1'])} |" in row
        assert f"| {spread(group['macro_f1'])} |" in row
        assert f"| {group['layer_bytes']['mean']:,.0f} |" in row
        assert f"| {group['file_bytes']['mean']:,.0f} |" in row


def test_ablations_are_quoted_as_measured() -> None:
    measured = json.loads((DOCS / "ablations" / "results.json").read_text(encoding="utf-8"))
    groups = {group["name"]: group for group in measured["by_seed"]}
    rows = quoted(DOCS / "students.md")
    assert set(rows) == set(groups)
    for variant, row in rows.items():
        assert f"| {spread(groups[variant]['macro_f1'])} |" in row


@pytest.mark.parametrize("kind", ["typos", "elongations"])
def test_what_backing_off_is_worth_is_quoted_as_measured(kind: str) -> None:
    measured = json.loads((DOCS / "ablations" / f"{kind}.json").read_text(encoding="utf-8"))
    means = {group["name"]: group["macro_f1"]["mean"] for group in measured["by_seed"]}
    with_it, without = (f"{means[name]:.3f}".lstrip("0") for name in ("small", "no-backoff"))
    page = " ".join((DOCS / "students.md").read_text(encoding="utf-8").split())
    what = {"typos": "typing errors", "elongations": "elongations"}[kind]
    assert f"{with_it} against {without} with {what}" in page


@pytest.mark.parametrize("kind", ["typos", "capitals", "elongations", "bare"])
def test_the_cost_of_noise_is_quoted_as_measured(kind: str) -> None:
    page = (DOCS / "students.md").read_text(encoding="utf-8")
    header = re.search(r"^\| of \|(.*)\|$", page, re.MULTILINE)
    assert header is not None
    column = [cell.strip() for cell in header[1].split("|")].index(kind)
    measured = json.loads((DOCS / "noise" / f"{kind}.json").read_text(encoding="utf-8"))
    figures = {r["name"]: r["macro_f1"]["estimate"] for r in measured["results"]}
    rows = dict(re.findall(r"^\| noised: (\S+) \|(.*)\|$", page, re.MULTILINE))
    assert set(rows) == set(figures)
    for name, row in rows.items():
        assert row.split("|")[column].strip() == f"{figures[name]:.3f}"


def test_the_model_card_has_the_measured_figures_of_every_label() -> None:
    measured = json.loads((DOCS / "shipped" / "results.json").read_text(encoding="utf-8"))
    results = {r["name"]: r for r in measured["results"]}
    page = (DOCS / "model-card.md").read_text(encoding="utf-8")
    for label, texts in results["fp32"]["examples"].items():
        cells = [
            f"{found['estimate']:.3f} [{found['low']:.3f}, {found['high']:.3f}]"
            for name in ("apot-kd", "nano", "fp32")
            for found in [results[name]["label_f1"][label]]
        ]
        assert f"| {label} | {texts:,} | {' | '.join(cells)} |" in page
