"""Means over seeds, and retention."""

import pytest

from compression.evaluation.figures import Estimate, Spread
from compression.evaluation.report.formats import mean_and_deviation
from compression.evaluation.report.group_sections import means_over_seeds, retention
from compression.evaluation.results import Evaluation, TeacherResult


def test_a_row_has_the_means_of_its_group(evaluation: Evaluation) -> None:
    (group,) = evaluation.by_seed
    (row,) = means_over_seeds(evaluation).table.rows
    assert row[:4] == [
        "small",
        "2",
        f"{group.file_bytes.mean:,.0f}",
        f"{group.layer_bytes.mean:,.0f}",
    ]
    assert row[4] == mean_and_deviation(group.macro_f1)
    assert row[-1] == mean_and_deviation(group.half["recall"])
    assert group.ece is not None
    assert row[7] == mean_and_deviation(group.ece)


def test_groups_of_older_evaluations_have_no_calibration_error(evaluation: Evaluation) -> None:
    older = evaluation.by_seed[0].model_copy(update={"ece": None})
    shown = evaluation.model_copy(update={"by_seed": (older,)})
    assert means_over_seeds(shown).table.rows[0][7] == "–"


def test_groups_are_sorted_by_size_and_references_have_no_difference(
    evaluation: Evaluation,
) -> None:
    (group,) = evaluation.by_seed
    large = group.model_copy(
        update={"name": "large", "file_bytes": Spread(mean=1e6, sd=0), "difference": None}
    )
    shown = evaluation.model_copy(update={"by_seed": (group, large)})
    rows = means_over_seeds(shown).table.rows
    assert [row[0] for row in rows] == ["large", "small"]
    assert rows[0][5] == "–"


def test_accuracies_and_a_reference_of_all(evaluation: Evaluation) -> None:
    gain = Estimate(estimate=0.02, low=-0.01, high=0.05)
    found = {"accuracy": Spread(mean=0.5, sd=0.01), "accuracy_difference": gain}
    group = evaluation.by_seed[0].model_copy(update=found)
    table = means_over_seeds(evaluation.model_copy(update={"by_seed": (group,)})).table
    assert table.titles[5:10] == ["minus fp32", "micro-F1", "ECE", "accuracy", "minus fp32"]
    assert table.rows[0][8:10] == ["0.500 ± 0.010", "+0.0200 [-0.0100, +0.0500]"]


def test_each_seed_has_a_reference_of_its_own(evaluation: Evaluation) -> None:
    fp32, *small = evaluation.results
    assert small[0].against is not None
    other = small[0].model_copy(
        update={"against": small[0].against.model_copy(update={"reference": "other"})}
    )
    shown = evaluation.model_copy(update={"results": (fp32, other, small[1])})
    assert shown.common_reference is None
    assert means_over_seeds(shown).table.titles[5] == "minus its fp32"


def test_retention_of_variants_and_of_means(evaluation: Evaluation, teacher: TeacherResult) -> None:
    fp32, small = retention(teacher, evaluation).table.rows
    size, f1 = evaluation.results[0].sizes.file, evaluation.results[0].macro_f1.estimate
    times = f"{90_000_000 / size:,.0f}×"
    assert fp32 == ["fp32", f"{size:,}", times, f"{f1:.4f}", "97.1% [95.0%, 99.0%]"]
    (group,) = evaluation.by_seed
    assert small[1] == f"{group.file_bytes.mean:,.0f}"
    assert small[3] == f"{group.macro_f1.mean:.4f}"


@pytest.mark.parametrize(
    ("facts", "figures"),
    [
        ({}, ["90,000,000", "0.6400 [0.6000, 0.7000]"]),
        ({"together": 3}, [" 3 ", "90,000,000", "0.6400"]),
        ({"by_seed": Spread(mean=0.64, sd=0.005)}, ["90,000,000", "0.0050", "0.6400"]),
    ],
)
def test_a_teacher_is_described_by_its_figures(
    facts: dict[str, object],
    figures: list[str],
    evaluation: Evaluation,
    teacher: TeacherResult,
) -> None:
    text = retention(teacher.model_copy(update=facts), evaluation).before
    assert all(figure in text for figure in figures)
