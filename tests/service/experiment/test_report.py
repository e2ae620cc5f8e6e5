"""The report of an A/B split, computed by hand from the page in `conftest.py`."""

import math

import pytest

from service.experiment.prometheus import ExperimentError, from_text
from service.experiment.report import Report, build_report

Z95 = 1.959964


def report(page: str, control: str | None = None) -> Report:
    return build_report(from_text(page), control=control)


def test_requests_latency_and_agreement_by_hand(page: str) -> None:
    found = report(page)
    a, b = found.sides
    assert (found.control, a.variant, b.variant) == ("a", "a", "b")
    assert (a.requests, a.failed, a.expected_share, b.requests) == (900, 20, 0.9, 100)
    # The 50th of 100 is a fifth into the second bucket; the 99th is beyond the last bound.
    assert a.seconds == {"p50": pytest.approx(0.0012), "p95": 0.002, "p99": 0.002}
    assert b.seconds == {"p50": None, "p95": None, "p99": None}
    assert a.agreement["b"].value == 0.9
    assert b.agreement == {}
    assert (a.judged_texts, b.judged_texts) == (200, 20)
    assert found.mismatch_p == 1


def test_quality_by_hand(page: str) -> None:
    a, b = report(page).sides
    # F1 = 2 * 60 / (2 * 60 + 40) = .75; 62 / 104 for the variance.
    assert a.macro_f1 is not None
    assert a.macro_f1.value == pytest.approx(0.75)
    j = 62 / 104
    sd_a = 2 / (1 + j) ** 2 * math.sqrt(j * (1 - j) / 104)
    assert a.macro_f1.high == pytest.approx(0.75 + Z95 * sd_a)
    assert (a.difference, a.p_value) == (None, None)
    # F1 = 10 / 15; 7 / 14 for the variance. Ten judged labels are too few for a p-value.
    sd_b = 2 / 1.5**2 * math.sqrt(0.25 / 14)
    assert b.difference is not None
    assert b.difference.value == pytest.approx(2 / 3 - 0.75)
    assert b.difference.low == pytest.approx(2 / 3 - 0.75 - Z95 * math.hypot(sd_a, sd_b))
    assert b.p_value is None


def test_the_difference_covers_only_labels_with_feedback_for_both(page: str) -> None:
    missed = page.replace('label="fear",result="fn"} 0', 'label="fear",result="fn"} 30')
    a, b = report(missed).sides
    assert a.macro_f1 is not None
    assert a.macro_f1.value == pytest.approx(0.375)
    assert b.difference is not None
    assert b.difference.value == pytest.approx(2 / 3 - 0.75)


def test_enough_feedback_gives_a_p_value(page: str) -> None:
    b = report(page.replace('label="joy",result="tp"} 5.0', 'label="joy",result="tp"} 50.0')).sides[
        1
    ]
    assert b.p_value is not None
    assert b.p_value < 0.01


def test_without_common_feedback_no_difference(page: str) -> None:
    other = page.replace('variant="b",label="joy"', 'variant="b",label="anger"')
    b = report(other).sides[1]
    assert b.macro_f1 is not None
    assert (b.difference, b.p_value) == (None, None)


def test_without_feedback_no_quality(page: str) -> None:
    lines = [line for line in page.splitlines() if "feedback" not in line]
    for side in report("\n".join(lines) + "\n").sides:
        assert (side.macro_f1, side.difference, side.judged_texts) == (None, None, 0)


def test_the_control_can_be_chosen_and_comes_first(page: str) -> None:
    found = report(page, control="b")
    assert [side.variant for side in found.sides] == ["b", "a"]
    assert found.sides[0].difference is None
    assert found.sides[1].difference is not None


def test_without_shares_the_control_has_the_most_requests(page: str) -> None:
    lines = [line for line in page.splitlines() if "split_ratio" not in line]
    found = report("\n".join(lines) + "\n")
    assert (found.control, found.mismatch_p) == ("a", None)
    assert [side.expected_share for side in found.sides] == [None, None]


def test_a_variant_with_a_share_and_no_requests_is_listed(page: str) -> None:
    idle = 'emotion_requests_total{variant="c",assignment="split",outcome="ok"} 0.0\n'
    assert [side.variant for side in report(page + idle).sides] == ["a", "b"]
    shared = (page + idle).replace('ratio{variant="c"} 0.0', 'ratio{variant="c"} 0.1')
    assert [side.variant for side in report(shared).sides] == ["a", "b", "c"]


def test_a_mismatch_has_a_small_p_value(page: str) -> None:
    skewed = page.replace(
        'variant="b",assignment="split",outcome="ok"} 100',
        'variant="b",assignment="split",outcome="ok"} 160',
    )
    p_value = report(skewed).mismatch_p
    assert p_value is not None
    assert p_value < 1e-6


def test_a_control_outside_the_split_is_refused(page: str) -> None:
    with pytest.raises(ExperimentError, match=r"no variant z .* a, b$"):
        report(page, control="z")


def test_a_page_without_split_requests_is_refused(page: str) -> None:
    with pytest.raises(ExperimentError):
        report(page.replace('assignment="split"', 'assignment="requested"'))


def test_unsure_texts_count_neither_for_agreement_nor_for_quality(
    page: str, page_with_unsure_texts: str
) -> None:
    a, b = report(page_with_unsure_texts).sides
    assert (a.unsure, a.judged_unsure, b.judged_unsure) == (None, 0, 5)
    assert b.unsure is not None
    # Wilson's interval of 10 in 100.
    assert [b.unsure.value, b.unsure.low, b.unsure.high] == pytest.approx(
        [0.1, 0.05523, 0.17437], abs=1e-5
    )
    before = report(page).sides
    for side, other in zip((a, b), before, strict=True):
        assert (side.agreement, side.macro_f1) == (other.agreement, other.macro_f1)
        assert (side.difference, side.p_value) == (other.difference, other.p_value)
        assert (other.unsure, other.judged_unsure) == (None, 0)
