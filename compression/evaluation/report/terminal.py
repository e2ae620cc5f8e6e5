"""The tables that `evaluate` prints."""

from collections.abc import Iterator

from compression.evaluation.figures import Averages, Estimate
from compression.evaluation.report.formats import interval, percentage, signed
from compression.evaluation.results import Evaluation


def table_lines(evaluation: Evaluation) -> Iterator[str]:
    """Lines of plain-text tables."""
    width = max(16, *(len(r.name) + 2 for r in evaluation.results))
    yield from _quality_lines(evaluation, width)
    yield from _calibration_lines(evaluation, width)
    yield from _single_label_lines(evaluation, width)


def _quality_lines(evaluation: Evaluation, width: int) -> Iterator[str]:
    yield (
        f"{evaluation.split} split, {evaluation.texts:,} texts; intervals: 95 %,"
        f" {evaluation.resamples:,} paired bootstrap resamples"
    )
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


def _calibration_lines(evaluation: Evaluation, width: int) -> Iterator[str]:
    """Mean calibration error, and the answers that are right: all, and those of the answered."""
    measured = [
        (r.name, r.calibration, r.abstention)
        for r in evaluation.results
        if r.calibration and r.abstention
    ]
    if not measured:
        return
    yield from (
        "",
        f"{'variant':<{width}}{'calibration error':>19}{'95 % interval':>18}{'by chance':>11}"
        f"{'right':>8}{'answered':>10}{'right':>8}",
    )
    for name, calibration, abstention in measured:
        error, answers = calibration.mean_ece, abstention.answers
        line = (
            f"{name:<{width}}{error.estimate:>19.4f}{interval(error):>18}"
            f"{calibration.mean_chance:>11.4f}{abstention.right.estimate:>8.1%}"
        )
        if answers:
            line += f"{answers.coverage.estimate:>10.1%}{answers.right.estimate:>8.1%}"
        yield line


def _single_label_lines(evaluation: Evaluation, width: int) -> Iterator[str]:
    measured = [(r.name, r.single_label) for r in evaluation.results if r.single_label]
    if not measured:
        return
    yield from (
        "",
        f"the label with the highest score, of the {measured[0][1].texts:,} texts with exactly one",
        f"{'variant':<{width}}{'accuracy':>10}{'95 % interval':>18}{'macro-F1':>10}"
        f"{'95 % interval':>18}",
    )
    for name, single in measured:
        yield (
            f"{name:<{width}}{single.accuracy.estimate:>10.4f}{interval(single.accuracy):>18}"
            f"{single.macro_f1.estimate:>10.4f}{interval(single.macro_f1):>18}"
        )


def _quality(macro_f1: Estimate, note: str, *, tuned: Averages, half: Averages) -> str:
    return (
        f"{macro_f1.estimate:>10.4f}{interval(macro_f1):>18}{note:>28}{tuned.micro.f1:>10.4f}"
        f"{half.macro.f1:>13.3f} {half.macro.precision:.2f} {half.macro.recall:.2f}"
    )
