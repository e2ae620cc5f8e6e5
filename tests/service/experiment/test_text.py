"""The lines of a report hold its figures."""

from dataclasses import replace

import pytest

from service.experiment.prometheus import from_text
from service.experiment.report import Report, build_report
from service.experiment.text import SUSPICIOUS, report_lines


@pytest.fixture
def report(page: str) -> Report:
    return build_report(from_text(page))


def line_with(report: Report, *parts: str) -> str:
    return next(line for line in report_lines(report) if all(part in line for part in parts))


def test_one_row_a_variant_under_one_header(report: Report) -> None:
    header, a, b, *_ = report_lines(report)
    assert header.split() == [
        *("variant", "requests", "share", "policy", "failed", "p50", "p95", "p99")
    ]
    assert a.split() == [
        *("a", "900", "90.0%", "90.0%", "20", "1.20", "ms", "2.00", "ms", "2.00", "ms")
    ]
    assert b.split() == ["b", "100", "10.0%", "10.0%", "0", "–", "–", "–"]
    assert len(header) == len(a) == len(b)


def test_an_unknown_share_is_a_dash(report: Report) -> None:
    unknown = replace(report, sides=tuple(replace(s, expected_share=None) for s in report.sides))
    assert list(report_lines(unknown))[1].split()[3] == "–"


def test_estimates_have_their_intervals(report: Report) -> None:
    assert "90.0% [82.6%, 94.5%]" in line_with(report, "a ", "shadow b")
    b = line_with(report, "b: ")
    assert "0.667 [0.434, 0.899]" in b
    assert "-0.083 [-0.328, +0.161]" in b
    assert "p = " not in b


def test_a_p_value_has_two_digits(report: Report) -> None:
    a, b = report.sides
    tested = replace(report, sides=(a, replace(b, p_value=0.01234)))
    assert line_with(tested, "b: ").endswith("p = 0.012")


def test_a_variant_without_feedback_has_no_figures(report: Report) -> None:
    silent = replace(report, sides=(replace(report.sides[0], macro_f1=None),))
    assert not any(character.isdigit() for character in line_with(silent, "a: "))


@pytest.mark.parametrize("p_value", [None, SUSPICIOUS / 2, SUSPICIOUS])
def test_the_mismatch_comes_last(report: Report, p_value: float | None) -> None:
    last = list(report_lines(replace(report, mismatch_p=p_value)))[-1]
    assert (f"p = {p_value:.2g}" in last) if p_value is not None else ("p = " not in last)


def test_the_line_tells_a_mismatch_from_none(report: Report) -> None:
    endings = {
        list(report_lines(replace(report, mismatch_p=p)))[-1].partition("p = ")[0]
        for p in (SUSPICIOUS / 2, SUSPICIOUS)
    }
    assert len(endings) == 2


def test_unsure_texts_are_stated_with_their_variant(page: str, page_with_unsure_texts: str) -> None:
    found = build_report(from_text(page_with_unsure_texts))
    assert line_with(found, "b is unsure of") == "b is unsure of 10.0% [5.5%, 17.4%] of its texts"
    assert "on 15 texts with feedback (unsure of 5 more); -0.083" in line_with(found, "b: ")
    assert not any("unsure" in line for line in report_lines(build_report(from_text(page))))
    a, b = found.sides
    without = replace(found, sides=(a, replace(b, macro_f1=None)))
    assert line_with(without, "b: ") == "b: no feedback on its answers"
