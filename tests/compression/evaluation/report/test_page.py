"""The page: its sections, and that it depends on the evaluation alone."""

from pathlib import Path

import pytest

from compression.evaluation.calibration import Answers, Curves, Reliability
from compression.evaluation.report.page import write_report
from compression.evaluation.results import Evaluation, TeacherResult


def titles(page: Path) -> list[str]:
    return [line[3:] for line in page.read_text().splitlines() if line.startswith("## ")]


def test_every_section_is_there(
    evaluation: Evaluation, teacher: TeacherResult, tmp_path: Path
) -> None:
    taught = evaluation.model_copy(update={"teachers": (teacher,)})
    page, plot = write_report(taught, tmp_path / "docs")
    assert titles(page) == [
        "Means over seeds",
        "Retention of minilm",
        "Size and quality",
        "Recommendations",
        "File sizes",
        "Speed",
        "Effect of compression alone",
        "F1, precision and recall",
        "F1 by label",
        "Calibration",
        "Calibration error by label",
        "Abstention",
    ]
    assert f"({plot.name})" in page.read_text()
    assert plot.read_bytes().startswith(b"\x89PNG")


def test_without_timings_there_is_no_speed(evaluation: Evaluation, tmp_path: Path) -> None:
    page, _ = write_report(evaluation.model_copy(update={"conditions": None}), tmp_path)
    assert "Speed" not in titles(page)


def test_against_a_compressed_reference_there_is_no_effect_of_compression(
    evaluation: Evaluation, tmp_path: Path
) -> None:
    fp32, *small = evaluation.results
    other = fp32.model_copy(update={"method": "apot"})
    page, _ = write_report(evaluation.model_copy(update={"results": (other, *small)}), tmp_path)
    assert "Effect of compression alone" not in titles(page)
    assert "Size and quality" in titles(page)


@pytest.mark.parametrize(
    ("texts", "begins"),
    [
        ({}, "Dev split, 4 texts. "),
        ({"source": "xed", "subset": "emoji"}, "Dev split of the source xed, 4 texts (emoji). "),
    ],
)
def test_the_page_says_which_texts_were_measured(
    texts: dict[str, str], begins: str, evaluation: Evaluation, tmp_path: Path
) -> None:
    page, _ = write_report(evaluation.model_copy(update=texts), tmp_path)
    assert page.read_text().splitlines()[2].startswith(begins)


def test_a_page_of_seeds_alone_has_no_section_of_variants(
    evaluation: Evaluation, tmp_path: Path
) -> None:
    seeded = tuple(r for r in evaluation.results if r.name != "fp32")
    page, _ = write_report(evaluation.model_copy(update={"results": seeded}), tmp_path)
    assert titles(page) == ["Means over seeds"]


def test_the_same_evaluation_gives_the_same_files(evaluation: Evaluation, tmp_path: Path) -> None:
    evaluation.write(tmp_path / "results.json")
    again = Evaluation.read(tmp_path / "results.json")
    pages = [write_report(e, tmp_path / name) for name, e in (("a", evaluation), ("b", again))]
    for one, two in zip(*pages, strict=True):
        assert one.read_bytes() == two.read_bytes()


CURVES = Curves(
    reliability={"joy": Reliability(texts=(4,), score=(0.5,), observed=(0.5,))},
    coverage=(1,),
    risk=(0.2,),
)


@pytest.mark.parametrize("seeds_alone", [True, False])
def test_curves_are_plotted(seeds_alone: bool, evaluation: Evaluation, tmp_path: Path) -> None:
    results = [r.model_copy(update={"curves": CURVES}) for r in evaluation.results]
    plotted = evaluation.model_copy(update={"results": tuple(results[seeds_alone:])})
    page, *plots = write_report(plotted, tmp_path)
    assert [plot.name for plot in plots] == ["results.png", "reliability.png", "risk-coverage.png"]
    assert all(plot.exists() and f"({plot.name})" in page.read_text() for plot in plots)
    assert titles(page)[-1] == "Reliability and risk"
    assert "\n\n\n" not in page.read_text()


def test_pairs_of_labels_are_plotted(evaluation: Evaluation, tmp_path: Path) -> None:
    curves = CURVES.model_copy(update={"label_pairs": ((1, 0, 0), (0, 1, 0), (0, 0, 1))})
    results = tuple(r.model_copy(update={"curves": curves}) for r in evaluation.results)
    page, *plots = write_report(evaluation.model_copy(update={"results": results}), tmp_path)
    assert plots[-1].name == "label-pairs.png"
    assert plots[-1].exists()
    assert titles(page)[-1] == "Labels given to the texts of each label"
    assert "\n\n\n" not in page.read_text()


def test_the_page_says_how_unanswered_texts_count(evaluation: Evaluation, tmp_path: Path) -> None:
    fp32, *others = evaluation.results
    assert fp32.abstention is not None
    share = fp32.abstention.right
    answers = Answers(coverage=share, right=share, macro_f1=share)
    abstention = fp32.abstention.model_copy(update={"answers": answers})
    results = (fp32.model_copy(update={"abstention": abstention}), *others)
    page, _ = write_report(evaluation.model_copy(update={"results": results}), tmp_path)
    assert "a text that fp32 gives no answer to" in page.read_text()


@pytest.mark.parametrize("seeds", [True, False])
def test_tables_are_separated_by_empty_lines(
    seeds: bool, evaluation: Evaluation, tmp_path: Path
) -> None:
    shown = evaluation if seeds else evaluation.model_copy(update={"by_seed": ()})
    page, _ = write_report(shown, tmp_path)
    lines = page.read_text().splitlines()
    for before, line, after in zip(lines, lines[1:], lines[2:], strict=False):
        if line.startswith("## "):
            assert before == after == ""
        assert not (before == line == "")
