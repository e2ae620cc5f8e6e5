"""The table that `evaluate` prints."""

from collections.abc import Iterator

from compression.evaluation.figures import Averages, Estimate
from compression.evaluation.report.formats import interval, percentage, signed
from compression.evaluation.results import Evaluation


def table_lines(evaluation: Evaluation) -> Iterator[str]:
    """Lines of a plain-text table."""
    yield (
        f"{evaluation.split} split, {evaluation.texts:,} texts; intervals: 95 %,"
        f" {evaluation.resamples:,} paired bootstrap resamples"
    )
    width = max(16, *(len(r.name) + 2 for r in evaluation.results))
    yield (
        f"{'variant':<{width}}{'bytes':>11}{'macro-F1':>10}{'95 % interval':>18}"
        f"{'minus its reference':>28}{'micro-F1':>10}   at 0.5: F1    P    R"
    )
    for r in evaluation.results:
        difference = signed(r.against.difference) if r.against else ""
        yield (
            f"{r.name:<{width}}{r.sizes.file:>11,}"
            f"{_quality(r.macro_f1, difference, tuned=r.tuned, half=r.half)}"
        )
    for t in evaluation.teachers:
        yield (
            f"{t.name:<{width}}{t.file_bytes:>11,}"
            f"{_quality(t.macro_f1, 'teacher', tuned=t.tuned, half=t.half)}"
        )
        for name, share in t.kept.items():
            yield f"  {name} keeps {percentage(share)} of it"


def _quality(macro_f1: Estimate, note: str, *, tuned: Averages, half: Averages) -> str:
    return (
        f"{macro_f1.estimate:>10.4f}{interval(macro_f1):>18}{note:>28}{tuned.micro.f1:>10.4f}"
        f"{half.macro.f1:>13.3f} {half.macro.precision:.2f} {half.macro.recall:.2f}"
    )
