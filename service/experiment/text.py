"""A report as lines of text for a terminal."""

import math
from collections.abc import Iterator

from service.experiment.report import Report, VariantSummary
from service.statistics import Estimate

SUSPICIOUS = 0.001
"""A sample-ratio mismatch with a p-value below this is reported as an error in the experiment."""


def report_lines(report: Report) -> Iterator[str]:
    """Traffic and latency, agreement with shadows, quality, and the check of the split."""
    yield from _traffic(report)
    yield ""
    for summary in report.sides:
        for shadow, share in summary.agreement.items():
            yield f"{summary.variant} and its shadow {shadow} agree on {_interval(share, '.1%')}"
    for summary in report.sides:
        if summary.unsure is not None:
            yield f"{summary.variant} is unsure of {_interval(summary.unsure, '.1%')} of its texts"
    for summary in report.sides:
        yield _quality(summary, report.control)
    yield ""
    yield _mismatch(report.mismatch_p)


def _traffic(report: Report) -> Iterator[str]:
    header = f"{'variant':<16}{'requests':>10}{'share':>8}{'policy':>8}{'failed':>8}"
    yield header + "".join(f"{name:>10}" for name in report.sides[0].seconds)
    total = math.fsum(summary.requests for summary in report.sides)
    for summary in report.sides:
        policy = "–" if summary.expected_share is None else f"{summary.expected_share:.1%}"
        yield (
            f"{summary.variant:<16}{summary.requests:>10,.0f}"
            f"{summary.requests / total:>8.1%}{policy:>8}{summary.failed:>8,.0f}"
            + "".join(f"{_milliseconds(seconds):>10}" for seconds in summary.seconds.values())
        )


def _quality(summary: VariantSummary, control: str) -> str:
    unsure = summary.judged_unsure
    if summary.macro_f1 is None:
        return f"{summary.variant}: no feedback" + (" on its answers" if unsure else "")
    text = (
        f"{summary.variant}: macro-F1 {_interval(summary.macro_f1, '.3f')}"
        f" on {summary.judged_texts - unsure:,.0f} texts with feedback"
    )
    if unsure:
        text += f" (unsure of {unsure:,.0f} more)"
    if summary.difference is not None:
        text += f"; {_interval(summary.difference, '+.3f')} compared with {control}"
    return text + (f", p = {summary.p_value:.2g}" if summary.p_value is not None else "")


def _mismatch(p_value: float | None) -> str:
    if p_value is None:
        return "sample-ratio mismatch: not tested; this needs two variants and the policy's shares"
    if p_value >= SUSPICIOUS:
        return f"sample-ratio mismatch: none found, p = {p_value:.2g}"
    return (
        f"sample-ratio mismatch: p = {p_value:.2g}; the split of the requests differs from the"
        " policy. Find the cause before you use the other figures. The policy may have changed"
        " within the span, or a few keys may have most of the requests"
    )


def _interval(estimate: Estimate, form: str) -> str:
    return f"{estimate.value:{form}} [{estimate.low:{form}}, {estimate.high:{form}}]"


def _milliseconds(seconds: float | None) -> str:
    return "–" if seconds is None else f"{seconds * 1000:.2f} ms"
