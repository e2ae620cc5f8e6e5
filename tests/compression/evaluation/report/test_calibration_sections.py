"""The tables of calibration, abstention and single labels have the figures of the evaluation."""

import pytest

from compression.evaluation.calibration import Answers
from compression.evaluation.figures import Estimate
from compression.evaluation.report.calibration_sections import calibration_sections
from compression.evaluation.report.formats import percentage, with_interval
from compression.evaluation.report.markdown import Section
from compression.evaluation.results import Evaluation, Result
from compression.evaluation.single_label import SingleLabelResult


def figure(value: float) -> Estimate:
    return Estimate(estimate=value, low=value - 0.01, high=value + 0.01)


SINGLE = SingleLabelResult(
    texts=3,
    accuracy=figure(0.7),
    macro_f1=figure(0.6),
    label_f1={"joy": figure(0.8), "sadness": figure(0.5), "neutral": figure(0.4)},
    ece=figure(0.05),
)


def sections(evaluation: Evaluation, **changes: object) -> dict[str, Section]:
    changed = [result.model_copy(update=changes) for result in evaluation.results]
    found = calibration_sections(evaluation.model_copy(update={"results": tuple(changed)}))
    return {section.title: section for section in found}


@pytest.fixture
def first(evaluation: Evaluation) -> Result:
    return evaluation.results[0]


def test_calibration(evaluation: Evaluation, first: Result) -> None:
    assert first.calibration is not None
    found = sections(evaluation, calibrated=True)
    row = found["Calibration"].table.rows[0]
    assert row[:3] == ["fp32", "yes", with_interval(first.calibration.mean_ece)]
    assert row[3] == f"{first.calibration.mean_chance:.4f}"
    table = found["Calibration error by label"].table
    assert table.titles == ["variant", "joy", "sadness", "neutral"]
    assert table.rows[0][1] == with_interval(first.calibration.ece["joy"])


def test_abstention(evaluation: Evaluation, first: Result) -> None:
    assert first.abstention is not None
    row = sections(evaluation)["Abstention"].table.rows[0]
    area = with_interval(first.abstention.area)
    assert row == ["fp32", percentage(first.abstention.right), area, "–", "–", "–"]
    answers = Answers(coverage=figure(0.9), right=figure(0.8), macro_f1=figure(0.6))
    abstaining = first.abstention.model_copy(update={"answers": answers})
    row = sections(evaluation, abstention=abstaining)["Abstention"].table.rows[0]
    assert row[3:] == ["90.0% [89.0%, 91.0%]", "80.0% [79.0%, 81.0%]", "0.6000 [0.5900, 0.6100]"]


def test_single_labels(evaluation: Evaluation) -> None:
    found = sections(evaluation, single_label=SINGLE)
    section = found["Single labels"]
    assert "3 texts (of 4)" in section.before
    assert section.table.rows[0] == [
        *("fp32", "multi-label", "70.0% [69.0%, 71.0%]", "–"),
        *("0.6000 [0.5900, 0.6100]", "0.0500 [0.0400, 0.0600]"),
    ]
    assert evaluation.results[1].against is not None
    gain = evaluation.results[1].against.model_copy(update={"accuracy": figure(0.02)})
    compared = sections(evaluation, single_label=SINGLE, against=gain)["Single labels"]
    assert compared.table.rows[0][3] == "+0.0200 [+0.0100, +0.0300]"
    assert found["Single labels: F1 by label"].table.rows[0][1] == "0.8000 [0.7900, 0.8100]"


def test_older_evaluations_have_none_of_these_sections(evaluation: Evaluation) -> None:
    assert sections(evaluation, calibration=None, abstention=None) == {}
