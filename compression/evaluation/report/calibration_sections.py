"""Sections about scores as probabilities, abstention, and single labels."""

from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

from compression.evaluation.calibration import AbstentionResult, CalibrationResult
from compression.evaluation.report.formats import percentage, signed, with_interval
from compression.evaluation.report.markdown import MISSING, Section, Table
from compression.evaluation.results import Evaluation, Result
from compression.evaluation.single_label import SingleLabelResult

T = TypeVar("T")


def calibration_sections(evaluation: Evaluation) -> Iterator[Section]:
    """The sections that the evaluation has figures for; those of older versions have none."""
    if found := _with(evaluation.results, lambda result: result.calibration):
        yield _calibration(found)
        yield _errors_by_label(found)
    if abstentions := _with(evaluation.results, lambda result: result.abstention):
        yield _abstention(abstentions)
    if singles := _with(evaluation.results, lambda result: result.single_label):
        yield _single_label(singles, evaluation.texts)
        yield _f1_by_label(singles)


def _with(
    results: Sequence[Result], figures: Callable[[Result], T | None]
) -> list[tuple[Result, T]]:
    """The results that have some figures, with these."""
    return [(result, found) for result in results if (found := figures(result)) is not None]


def _calibration(results: Sequence[tuple[Result, CalibrationResult]]) -> Section:
    return Section(
        title="Calibration",
        before=(
            "Calibration error (ECE): the mean distance between scores and the share of texts that"
            " have the label, in bins of equally many texts, and its mean over labels. `by"
            " chance` is the error that true probabilities would have on as many texts. The Brier"
            " score is the mean squared error of the scores. Lower is better in all columns."
        ),
        table=Table(
            ["variant", "calibrated", "ECE", "by chance", "equal widths", "Brier score"],
            [
                [
                    result.name,
                    "yes" if result.calibrated else "no",
                    with_interval(c.mean_ece),
                    f"{c.mean_chance:.4f}",
                    f"{c.mean_ece_equal_width:.4f}",
                    with_interval(c.mean_brier),
                ]
                for result, c in results
            ],
            text_columns=2,
        ),
    )


def _errors_by_label(results: Sequence[tuple[Result, CalibrationResult]]) -> Section:
    labels = list(results[0][1].ece)
    return Section(
        title="Calibration error by label",
        table=Table(
            ["variant", *labels],
            [[r.name, *(with_interval(c.ece[label]) for label in labels)] for r, c in results],
        ),
    )


def _abstention(results: Sequence[tuple[Result, AbstentionResult]]) -> Section:
    return Section(
        title="Abstention",
        before=(
            "`right` is the share of answers whose highest-scoring label is one of the text's. The"
            " area under the risk-coverage curve is the mean share of wrong answers over all"
            " coverages, if the texts with the lowest scores get no answer; lower is better. The"
            " last columns are of variants that abstain."
        ),
        table=Table(
            [
                "variant",
                "right, all texts",
                "area",
                "coverage",
                "right",
                "macro-F1 of the answered",
            ],
            [[result.name, *_abstention_cells(abstention)] for result, abstention in results],
        ),
    )


def _abstention_cells(abstention: AbstentionResult) -> Iterator[str]:
    yield percentage(abstention.right)
    yield with_interval(abstention.area)
    if abstention.answers is None:
        yield from [MISSING] * 3
        return
    yield percentage(abstention.answers.coverage)
    yield percentage(abstention.answers.right)
    yield with_interval(abstention.answers.macro_f1)


def _single_label(results: Sequence[tuple[Result, SingleLabelResult]], all_texts: int) -> Section:
    return Section(
        title="Single labels",
        before=(
            f"Of the {results[0][1].texts:,} texts (of {all_texts:,}) that have exactly one label."
            " Each gets the label with the highest score, whatever the variant's thresholds and"
            " abstention, so these figures compare with those of single-label classifiers. The"
            " calibration error is that of the highest score, after scores are normalised to sum to"
            " one."
        ),
        table=Table(
            [
                *("variant", "decision", "accuracy", "minus its reference", "macro-F1"),
                "ECE of the highest score",
            ],
            [
                [
                    result.name,
                    result.decision,
                    percentage(single.accuracy),
                    _gain(result),
                    with_interval(single.macro_f1),
                    with_interval(single.ece),
                ]
                for result, single in results
            ],
            text_columns=2,
        ),
    )


def _gain(result: Result) -> str:
    gain = result.against and result.against.accuracy
    return signed(gain) if gain else MISSING


def _f1_by_label(results: Sequence[tuple[Result, SingleLabelResult]]) -> Section:
    labels = list(results[0][1].label_f1)
    return Section(
        title="Single labels: F1 by label",
        table=Table(
            ["variant", *labels],
            [[r.name, *(with_interval(s.label_f1[label]) for label in labels)] for r, s in results],
        ),
    )
