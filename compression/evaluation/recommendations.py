"""Which variant when: what follows from an evaluation's figures, and nothing else."""

from collections.abc import Callable, Iterable, Iterator

from compression.evaluation.results import Evaluation, Result
from compression.metrics.pareto import pareto_front

TOLERANCE = 0.005
"""A loss of macro-F1 that passes for none, as the survey's authors would say."""


def guide(evaluation: Evaluation) -> Iterator[str]:
    """A table from needs to variants, each row picked by the rule it states."""
    results = evaluation.results
    untrained = [r for r in results if not r.further_training]
    kept = [r for r in results if _difference(r) >= -TOLERANCE]
    rows = [
        ("the highest macro-F1", _most(results, lambda r: r.macro_f1.estimate)),
        (
            f"the smallest file that loses at most {TOLERANCE} of its uncompressed variant's",
            _least_bytes(kept),
        ),
        (
            f"the same without further training: at most {TOLERANCE} lost",
            _least_bytes([r for r in kept if not r.further_training]),
        ),
        ("the smallest file without further training, whatever it loses", _least_bytes(untrained)),
        ("the smallest file of all", _least_bytes(results)),
        ("the least memory", _most(results, lambda r: -r.resident_bytes)),
        ("the fastest text by text", _most(_timed(results), _alone_speed)),
    ]
    yield (
        "Each row names the variant that the figures of this page single out; the rule is the row."
        " Variants that are closer to each other than their intervals are wide may change places"
        " with another seed."
    )
    yield ""
    yield "| you want | take | bytes | macro-F1 | minus its reference | in memory |"
    yield "|---|---|---:|---:|---:|---:|"
    for need, r in rows:
        if r is not None:
            yield (
                f"| {need} | {r.name} | {r.sizes.file:,} | {r.macro_f1.estimate:.4f}"
                f" | {_difference(r):+.4f} | {r.resident_bytes:,} |"
            )
    points = [(r.sizes.file, r.macro_f1.estimate) for r in results]
    names = ", ".join(results[i].name for i in pareto_front(points))
    yield ""
    yield f"No other variant is both smaller and better than these, smallest first: {names}."


def _difference(result: Result) -> float:
    return result.against.difference.estimate if result.against else 0.0


def _least_bytes(results: Iterable[Result]) -> Result | None:
    return min(results, key=lambda r: r.sizes.file, default=None)


def _most(results: Iterable[Result], figure: Callable[[Result], float]) -> Result | None:
    return max(results, key=figure, default=None)


def _timed(results: Iterable[Result]) -> list[Result]:
    return [r for r in results if r.timing]


def _alone_speed(result: Result) -> float:
    return result.timing.alone_speedup if result.timing else 0.0
