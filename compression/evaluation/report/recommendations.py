"""Recommends a variant for each need, by the figures of an evaluation alone."""

from collections.abc import Callable, Iterable, Iterator

from compression.evaluation.report.markdown import Section, Table
from compression.evaluation.results import Evaluation, Result
from compression.metrics.pareto import pareto_front

TOLERANCE = 0.005
"""The largest loss of macro-F1 that counts as none."""


def recommendations(evaluation: Evaluation) -> Section:
    """The recommended variant of each need, and the Pareto front of size and macro-F1."""
    points = [(r.sizes.file, r.macro_f1.estimate) for r in evaluation.results]
    front = ", ".join(evaluation.results[i].name for i in pareto_front(points))
    return Section(
        title="Recommendations",
        before=(
            "Each row applies its rule to the figures of this page. Variants whose intervals"
            " overlap may swap places with another seed."
        ),
        table=Table(
            ["need", "variant", "bytes", "macro-F1", "minus its reference", "in memory"],
            [_row(need, result) for need, result in _choices(evaluation.results) if result],
            text_columns=2,
        ),
        after=f"Pareto front of file size and macro-F1, smallest first: {front}.",
    )


def _choices(results: Iterable[Result]) -> Iterator[tuple[str, Result | None]]:
    """Needs, and the variant that meets each best."""
    results = list(results)
    lossless = [r for r in results if _difference(r) >= -TOLERANCE]
    yield "highest macro-F1", _highest(results, lambda r: r.macro_f1.estimate)
    yield f"smallest file that loses at most {TOLERANCE} against its reference", _smallest(lossless)
    yield (
        f"smallest file that loses at most {TOLERANCE}, without further training",
        _smallest(_post_training(lossless)),
    )
    yield "smallest file without further training", _smallest(_post_training(results))
    yield "smallest file", _smallest(results)
    yield "least memory", _highest(results, lambda r: -r.resident_bytes)
    yield "fastest on single texts", _highest([r for r in results if r.timing], _speedup)


def _row(need: str, r: Result) -> list[str]:
    return [
        need,
        r.name,
        f"{r.sizes.file:,}",
        f"{r.macro_f1.estimate:.4f}",
        f"{_difference(r):+.4f}",
        f"{r.resident_bytes:,}",
    ]


def _difference(result: Result) -> float:
    return result.against.difference.estimate if result.against else 0.0


def _post_training(results: Iterable[Result]) -> list[Result]:
    return [r for r in results if not r.further_training]


def _smallest(results: Iterable[Result]) -> Result | None:
    return min(results, key=lambda r: r.sizes.file, default=None)


def _highest(results: Iterable[Result], figure: Callable[[Result], float]) -> Result | None:
    return max(results, key=figure, default=None)


def _speedup(result: Result) -> float:
    return result.timing.alone_speedup if result.timing else 0.0
