"""Writes the page and the plots of an evaluation."""

from collections.abc import Iterator
from pathlib import Path

from compression.evaluation.calibration import Curves
from compression.evaluation.comparison import UNCOMPRESSED
from compression.evaluation.report import variant_sections
from compression.evaluation.report.calibration_plots import plot_reliability, plot_risk_coverage
from compression.evaluation.report.calibration_sections import calibration_sections
from compression.evaluation.report.evaluation_plot import plot_evaluation
from compression.evaluation.report.group_sections import means_over_seeds, retention
from compression.evaluation.report.label_pairs_plot import plot_label_pairs
from compression.evaluation.report.markdown import Section, write_page
from compression.evaluation.report.recommendations import recommendations
from compression.evaluation.results import Evaluation, Result
from compression.messages import listed
from compression.metrics.calibration_error import BINS

PLOT = "results.png"
RELIABILITY, RISK_COVERAGE, PAIRS = "reliability.png", "risk-coverage.png", "label-pairs.png"
PAGE = "results.md"


def write_report(evaluation: Evaluation, folder: Path) -> list[Path]:
    """Write `results.md` and `results.png`; with curves also two plots of them.

    Returns:
        The files written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    page, plot = folder / PAGE, folder / PLOT
    write_page(page, _lines(evaluation))
    plot_evaluation(evaluation, plot)
    return [page, plot, *_plot_curves(evaluation, folder)]


def _plot_curves(evaluation: Evaluation, folder: Path) -> Iterator[Path]:
    if curves := _curves(evaluation):
        plot_reliability(curves, folder / RELIABILITY)
        yield folder / RELIABILITY
        plot_risk_coverage(curves, folder / RISK_COVERAGE)
        yield folder / RISK_COVERAGE
    if pairs := _with_pairs(curves):
        plot_label_pairs(pairs, folder / PAIRS)
        yield folder / PAIRS


def _curves(evaluation: Evaluation) -> list[tuple[Result, Curves]]:
    return [(result, result.curves) for result in evaluation.results if result.curves]


def _with_pairs(curves: list[tuple[Result, Curves]]) -> list[tuple[Result, Curves]]:
    """Those of results that were written since pairs of labels are counted."""
    return [(result, own) for result, own in curves if own.label_pairs]


def _lines(evaluation: Evaluation) -> Iterator[str]:
    yield from ("# Results", "", _introduction(evaluation), "")
    yield from (f"![macro-F1 against file size]({PLOT})", "")
    for section in _group_sections(evaluation):
        yield from section.lines()
    if _is_of_seeds_alone(evaluation):
        yield from ("The JSON file has every figure of every seed.", "")
    else:
        for section in _variant_sections(evaluation):
            yield from section.lines()
    if curves := _curves(evaluation):
        yield from _curve_lines()
        if _with_pairs(curves):
            yield from _pair_lines()


def _curve_lines() -> Iterator[str]:
    yield from ("## Reliability and risk", "")
    yield (
        f"Dots on the diagonal are scores that are probabilities. Each dot is one of {BINS} bins of"
        " equally many texts, with a 95 % interval, on axes of square roots. The second plot has"
        " the share of wrong answers if only the texts with the highest scores are answered."
    )
    yield from ("", f"![share with the label against score]({RELIABILITY})", "")
    yield from (f"![share of wrong answers against coverage]({RISK_COVERAGE})", "")


def _pair_lines() -> Iterator[str]:
    yield from ("## Labels given to the texts of each label", "")
    yield (
        "Of the texts with the label of the row, the share in percent that was given the label of"
        " the column. A text may have several labels and get several, or none."
    )
    yield from ("", f"![labels given to the texts of each label]({PAIRS})", "")


def _introduction(evaluation: Evaluation) -> str:
    abstaining = [r.name for r in evaluation.results if r.abstention and r.abstention.answers]
    unanswered = (
        f" In all figures but those under Abstention and Single labels, a text that"
        f" {listed(abstaining)} gives no answer to counts as one without labels."
    )
    return (
        f"{_texts(evaluation)}. Thresholds are tuned"
        f" on the dev split. Intervals are 95 % bootstrap intervals over {evaluation.resamples:,}"
        " resamples of the texts; differences are paired. Bytes are the size of the whole file:"
        " vocabulary, word vectors, layers, scales, thresholds and manifest."
    ) + (unanswered if abstaining else "")


def _texts(evaluation: Evaluation) -> str:
    source = f" of the source {evaluation.source}" if evaluation.source else ""
    subset = f" ({evaluation.subset})" if evaluation.subset else ""
    return f"{evaluation.split.capitalize()} split{source}, {evaluation.texts:,} texts{subset}"


def _is_of_seeds_alone(evaluation: Evaluation) -> bool:
    return sum(group.seeds for group in evaluation.by_seed) == len(evaluation.results)


def _group_sections(evaluation: Evaluation) -> Iterator[Section]:
    if evaluation.by_seed:
        yield means_over_seeds(evaluation)
    for teacher in evaluation.teachers:
        yield retention(teacher, evaluation)


def _variant_sections(evaluation: Evaluation) -> Iterator[Section]:
    yield variant_sections.size_and_quality(evaluation)
    yield recommendations(evaluation)
    yield variant_sections.bytes_by_content(evaluation)
    if evaluation.conditions:
        yield variant_sections.speed(evaluation, evaluation.conditions)
    if evaluation.common_reference is None or evaluation.common_reference.method == UNCOMPRESSED:
        yield variant_sections.effect_of_compression(evaluation)
    yield variant_sections.averages(evaluation)
    yield variant_sections.labels(evaluation)
    yield from calibration_sections(evaluation)
