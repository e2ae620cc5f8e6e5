"""Writes the page and the plot of an evaluation."""

from collections.abc import Iterator
from pathlib import Path

from compression.evaluation.report import variant_sections
from compression.evaluation.report.evaluation_plot import plot_evaluation
from compression.evaluation.report.group_sections import means_over_seeds, retention
from compression.evaluation.report.markdown import Section, write_page
from compression.evaluation.report.recommendations import recommendations
from compression.evaluation.results import Evaluation

PLOT = "results.png"
PAGE = "results.md"


def write_report(evaluation: Evaluation, folder: Path) -> list[Path]:
    """Write `results.md` and `results.png`.

    Returns:
        The files written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    page, plot = folder / PAGE, folder / PLOT
    write_page(page, _lines(evaluation))
    plot_evaluation(evaluation, plot)
    return [page, plot]


def _lines(evaluation: Evaluation) -> Iterator[str]:
    yield from ("# Results", "", _introduction(evaluation), "")
    yield from (f"![macro-F1 against file size]({PLOT})", "")
    for section in _group_sections(evaluation):
        yield from section.lines()
    if _is_of_seeds_alone(evaluation):
        yield "The JSON file has every figure of every seed."
        return
    for section in _variant_sections(evaluation):
        yield from section.lines()


def _introduction(evaluation: Evaluation) -> str:
    return (
        f"{evaluation.split.capitalize()} split, {evaluation.texts:,} texts. Thresholds are tuned"
        f" on the dev split. Intervals are 95 % bootstrap intervals over {evaluation.resamples:,}"
        " resamples of the texts; differences are paired. Bytes are the size of the whole file:"
        " vocabulary, word vectors, layers, scales, thresholds and manifest."
    )


def _is_of_seeds_alone(evaluation: Evaluation) -> bool:
    return sum(group.seeds for group in evaluation.by_seed) == len(evaluation.results)


def _group_sections(evaluation: Evaluation) -> Iterator[Section]:
    if evaluation.by_seed:
        yield means_over_seeds(evaluation.by_seed)
    for teacher in evaluation.teachers:
        yield retention(teacher, evaluation)


def _variant_sections(evaluation: Evaluation) -> Iterator[Section]:
    yield variant_sections.size_and_quality(evaluation)
    yield recommendations(evaluation)
    yield variant_sections.bytes_by_content(evaluation)
    if evaluation.conditions:
        yield variant_sections.speed(evaluation, evaluation.conditions)
    yield variant_sections.effect_of_compression(evaluation)
    yield variant_sections.averages(evaluation)
    yield variant_sections.labels(evaluation)
