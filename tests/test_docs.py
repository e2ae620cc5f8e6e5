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


def service(name: str) -> dict:
    return json.loads((DOCS / "service" / f"{name}.json").read_text(encoding="utf-8"))


def readme() -> str:
    return " ".join((DOCS.parent / "README.md").read_text(encoding="utf-8").split())


def test_the_readme_has_the_measured_speed_of_the_service() -> None:
    few, many = (service("results")["by_connections"][n] for n in ("16", "64"))
    ours = [sides["edgemood"] for sides in (few, many)]
    assert f"answers {ours[0]['requests_per_s']:,.0f} requests a second" in readme()
    beside = [
        [f"{side[f'rate_beside_{name}']:.2f}" for name in ("starlette", "bentoml")] for side in ours
    ]
    assert f"{beside[0][0]} times what a bare Starlette endpoint does" in readme()
    assert f"{beside[0][1]} times the same service on BentoML's default path" in readme()
    assert f"connections {beside[1][0]} and {beside[1][1]} times" in readme()
    p99 = [f"{many[name]['p99_ms']:.0f}" for name in ("edgemood", "starlette", "bentoml")]
    assert f"a p99 of {p99[0]} ms beside {p99[1]} and {p99[2]}" in readme()
    with_uvloop = [
        f"{sides['edgemood']['requests_per_s'] / sides['bentoml, uvloop']['requests_per_s']:.1f}"
        for sides in (few, many)
    ]
    assert f"does not bring: {with_uvloop[0]} and {with_uvloop[1]} times" in readme()


def test_the_readme_has_what_soak_and_overload_showed() -> None:
    soak = service("soak")
    assert f"{soak['requests'] / 1e6:.1f} million requests" in readme()
    assert f"ended with {soak['growth']:.1%} more memory".replace("%", " %") in readme()
    assert soak["failed"] == 0
    for part in service("overload")["caps"]:
        assert part["orderly"]
        assert part["over"]["p99_ms"] <= 2 * part["full"]["p99_ms"]


def test_the_readme_has_the_measured_footprint() -> None:
    measured = service("footprint")
    image = measured["sides"]["edgemood, from its image"]
    held = {role: f"{found['rss'] / 1e6:.1f} MB" for role, found in image["processes"].items()}
    one, _, copies, different = (found["rss"] for found in measured["by_variants"].values())
    for cell in (
        measured["image"]["size"],
        f"{image['ready_s']:.2f} s",
        held["worker"],
        held["supervisor"],
        f"{(copies - one) / 1e6:+.1f} MB",
        f"{(different - one) / 1e6:+.1f} MB",
    ):
        assert f"| {cell} |" in readme()
