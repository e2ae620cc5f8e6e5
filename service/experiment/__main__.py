"""What an A/B split has shown so far: `python -m service.experiment`.

Reads the service's metrics, from a Prometheus server over a span of time, or from one `/metrics`
page since the workers started, and prints for each variant how often it was asked, how fast it was,
how often its shadow agreed, and how good its answers were where somebody told the truth.

Counts are all that there is, so the intervals are those of counts: with J = tp / (tp + fp + fn)
taken as a binomial share, F1 = 2 J / (1 + J) has by the delta method the variance
(2 / (1 + J)^2)^2 J (1 - J) / (tp + fp + fn), with two hits and two misses added for the variance,
so that a handful of counts claims no certainty (Agresti & Coull, 1998). Labels of one text count as
independent, and so do the requests of one key. Latency and feedback are those of all answers of a
variant, also of those that were asked for by name or stood in.
"""

import argparse
import json
import math
import sys
import urllib.request
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from service.experiment.prometheus import (
    SPLIT,
    ExperimentError,
    Metrics,
    from_prometheus,
    from_text,
)

QUANTILES = (0.5, 0.95, 0.99)
SUSPICIOUS = 0.001
"""A p-value below this says that the split is not what the policy asks for."""
LEAST_JUDGED = 20
"""Judged labels on each side below which no p-value is given."""
_TIMEOUT_S = 10.0
_Z95 = 1.959964


@dataclass(frozen=True)
class Estimate:
    """A figure, with its 95 % interval where one can be given."""

    value: float
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class Side:
    """One variant of the split."""

    variant: str
    requests: float
    """That the split gave to it, answered or not."""
    failed: float
    expected_share: float | None
    seconds: dict[str, float | None]
    """Quantile -> seconds, by interpolation between the histogram's buckets."""
    agreement: dict[str, Estimate]
    """Shadow -> share of texts on which both gave the same labels."""
    judged_texts: float
    macro_f1: Estimate | None
    difference: Estimate | None
    """Of macro-F1 from the control's, over the labels that both were judged on."""
    p_value: float | None
    """Of that difference, two-sided."""


@dataclass(frozen=True)
class Report:
    """Everything that is printed."""

    control: str
    sides: tuple[Side, ...]
    mismatch_p: float | None
    """Chi-squared test of the requests against the policy's shares; small is suspicious."""


def compare(metrics: Metrics, *, control: str | None = None) -> Report:
    """What the variants of the split have shown.

    Args:
        metrics: counts.
        control: what the others are compared with; the one with the largest share where left out.

    Raises:
        ExperimentError: no request has been split, or the control has no part in it.
    """
    shares = {name: metrics.total(SPLIT, variant=name) for name in metrics.values(SPLIT, "variant")}
    requests = {
        name: metrics.total("emotion_requests_total", variant=name, assignment="split")
        for name in metrics.values("emotion_requests_total", "variant", assignment="split")
    }
    names = [name for name, count in requests.items() if count or shares.get(name)]
    if not any(requests.values()):
        raise ExperimentError("no request has been split between variants yet")
    control = control or max(names, key=lambda name: (shares.get(name, 0.0), requests[name]))
    if control not in names:
        raise ExperimentError(f"no variant {control} in the split; there are: {', '.join(names)}")
    base = _by_label(metrics, control)
    sides = tuple(
        _side(metrics, name, requests[name], shares.get(name), None if name == control else base)
        for name in sorted(names, key=lambda name: (name != control, name))
    )
    return Report(control, sides, _mismatch({n: requests[n] for n in names}, shares))


def _side(
    metrics: Metrics,
    name: str,
    requests: float,
    share: float | None,
    base: "Mapping[str, _F1] | None",
) -> Side:
    own = _by_label(metrics, name)
    difference, p_value = _difference(own, base) if base is not None else (None, None)
    return Side(
        variant=name,
        requests=requests,
        failed=metrics.total(
            "emotion_requests_total", variant=name, assignment="split", outcome="server_error"
        ),
        expected_share=share,
        seconds={f"p{q * 100:g}": _quantile(metrics, name, q) for q in QUANTILES},
        agreement=dict(_agreements(metrics, name)),
        judged_texts=metrics.total("emotion_feedback_texts_total", variant=name),
        macro_f1=_estimate(_mean(own.values())) if own else None,
        difference=difference,
        p_value=p_value,
    )


def _difference(
    own: "Mapping[str, _F1]", base: "Mapping[str, _F1]"
) -> tuple[Estimate | None, float | None]:
    both = own.keys() & base.keys()
    if not both:
        return None, None
    one, other = (_mean([side[label] for label in both]) for side in (own, base))
    gap, sd = one.value - other.value, math.hypot(one.sd, other.sd)
    few = min(one.judged, other.judged) < LEAST_JUDGED
    p_value = None if few else math.erfc(abs(gap) / sd / math.sqrt(2))
    return Estimate(gap, max(-1.0, gap - _Z95 * sd), min(1.0, gap + _Z95 * sd)), p_value


def _quantile(metrics: Metrics, name: str, q: float) -> float | None:
    """As `histogram_quantile` has it: linear within a bucket, the last finite bound beyond it."""
    bucket = "emotion_request_duration_seconds_bucket"
    bounds = sorted(metrics.values(bucket, "le", variant=name), key=float)
    counts = [metrics.total(bucket, variant=name, le=bound) for bound in bounds]
    if not counts or not counts[-1]:
        return None
    wanted = q * counts[-1]
    place = next(i for i, count in enumerate(counts) if count >= wanted)
    high = float(bounds[place])
    low, below = (float(bounds[place - 1]), counts[place - 1]) if place else (0.0, 0.0)
    if math.isinf(high):
        return low
    return low + (high - low) * (wanted - below) / (counts[place] - below)


def _agreements(metrics: Metrics, name: str) -> Iterable[tuple[str, Estimate]]:
    for shadow in metrics.values("emotion_shadow_total", "shadow", variant=name):
        agreed, other = (
            metrics.total("emotion_shadow_total", variant=name, shadow=shadow, result=result)
            for result in ("agree", "disagree")
        )
        if texts := agreed + other:
            yield shadow, Estimate(agreed / texts, *_wilson(agreed, texts))


def _wilson(hits: float, trials: float) -> tuple[float, float]:
    """The 95 % score interval of a share (Wilson, 1927)."""
    share, z2 = hits / trials, _Z95**2
    middle = (share + z2 / (2 * trials)) / (1 + z2 / trials)
    half = _Z95 * math.sqrt(share * (1 - share) / trials + z2 / (4 * trials**2)) / (1 + z2 / trials)
    return max(0.0, middle - half), min(1.0, middle + half)


@dataclass(frozen=True)
class _F1:
    value: float
    sd: float
    judged: float
    """Hits, misses and false alarms."""


def _by_label(metrics: Metrics, name: str) -> dict[str, _F1]:
    """Of the labels that occurred, in answers or in the truth."""
    found = {}
    for label in metrics.values("emotion_feedback_total", "label", variant=name):
        tp, fp, fn = (
            metrics.total("emotion_feedback_total", variant=name, label=label, result=result)
            for result in ("tp", "fp", "fn")
        )
        if trials := tp + fp + fn:
            likely = (tp + 2) / (trials + 4)
            sd = 2 / (1 + likely) ** 2 * math.sqrt(likely * (1 - likely) / (trials + 4))
            found[label] = _F1(2 * tp / (2 * tp + fp + fn), sd, trials)
    return found


def _mean(found: Iterable[_F1]) -> _F1:
    """Macro-F1; the labels count as independent."""
    labels = list(found)
    return _F1(
        math.fsum(f.value for f in labels) / len(labels),
        math.sqrt(math.fsum(f.sd**2 for f in labels)) / len(labels),
        math.fsum(f.judged for f in labels),
    )


def _estimate(f1: _F1) -> Estimate:
    return Estimate(f1.value, max(0.0, f1.value - _Z95 * f1.sd), min(1.0, f1.value + _Z95 * f1.sd))


def _mismatch(requests: Mapping[str, float], shares: Mapping[str, float]) -> float | None:
    """The p-value of a sample-ratio mismatch (Fabijan et al., KDD 2019)."""
    total = math.fsum(requests.values())
    expected = {name: shares.get(name, 0.0) * total for name in requests}
    if not math.isclose(math.fsum(expected.values()), total, rel_tol=1e-6):
        return None  # the policy is not known, or gives to variants that the metrics do not
    if any(count and not expected[name] for name, count in requests.items()):
        return 0.0  # somebody got what nobody was to get
    used = [name for name in requests if expected[name]]
    if len(used) < 2:
        return None
    statistic = math.fsum((requests[n] - expected[n]) ** 2 / expected[n] for n in used)
    return chi_squared_sf(statistic, len(used) - 1)


def chi_squared_sf(x: float, freedom: int) -> float:
    """P(X > x) for a chi-squared X, by the finite sums for whole degrees of freedom."""
    half = x / 2
    if freedom % 2 == 0:
        term, total = math.exp(-half), 0.0
        for i in range(freedom // 2):
            total += term
            term *= half / (i + 1)
        return total
    total = math.erfc(math.sqrt(half))
    term = math.exp(-half) * math.sqrt(half) / math.gamma(1.5)
    for i in range(freedom // 2):
        total += term
        term *= half / (i + 1.5)
    return total


def lines(report: Report) -> Iterable[str]:
    """The report as text."""
    head = f"{'variant':<16}{'requests':>10}{'share':>8}{'asked':>8}{'failed':>8}"
    yield head + "".join(f"{name:>10}" for name in report.sides[0].seconds)
    total = math.fsum(side.requests for side in report.sides)
    for side in report.sides:
        asked = "–" if side.expected_share is None else f"{side.expected_share:.1%}"
        yield (
            f"{side.variant:<16}{side.requests:>10,.0f}{side.requests / total:>8.1%}{asked:>8}"
            f"{side.failed:>8,.0f}"
            + "".join(f"{_milliseconds(seconds):>10}" for seconds in side.seconds.values())
        )
    yield ""
    for side in report.sides:
        for shadow, share in side.agreement.items():
            yield f"{side.variant} and its shadow {shadow} agree on {_interval(share, '.1%')}"
    for side in report.sides:
        yield from _quality(side, report.control)
    yield ""
    if report.mismatch_p is None:
        yield "sample-ratio mismatch: not tested; it wants two variants and the policy's shares"
    elif report.mismatch_p < SUSPICIOUS:
        yield (
            f"sample-ratio mismatch: p = {report.mismatch_p:.2g}: the requests are not split as the"
            " policy asks; find out why before you read anything else. A policy that changed"
            " within the span is one reason, a few keys with most of the requests another"
        )
    else:
        yield f"sample-ratio mismatch: none to be seen, p = {report.mismatch_p:.2g}"


def _quality(side: Side, control: str) -> Iterable[str]:
    if side.macro_f1 is None:
        yield f"{side.variant}: no feedback"
        return
    text = f"{side.variant}: macro-F1 {_interval(side.macro_f1, '.3f')} on {side.judged_texts:,.0f}"
    text += " texts that somebody judged"
    if side.difference is not None:
        text += f"; {_interval(side.difference, '+.3f')} beside {control}"
    yield text + (f", p = {side.p_value:.2g}" if side.p_value is not None else "")


def _interval(estimate: Estimate, how: str) -> str:
    return f"{estimate.value:{how}} [{estimate.low:{how}}, {estimate.high:{how}}]"


def _milliseconds(seconds: float | None) -> str:
    return "–" if seconds is None else f"{seconds * 1000:.2f} ms"


def _fetch(url: str) -> bytes:
    if not url.startswith(("http://", "https://")):
        raise ExperimentError(f"{url}: give an http or https URL")
    try:
        with urllib.request.urlopen(url, timeout=_TIMEOUT_S) as answer:  # noqa: S310  # checked
            body: bytes = answer.read()
            return body
    except OSError as error:
        raise ExperimentError(f"{url}: {error}") from error


def _read(source: str) -> str:
    if source.startswith(("http://", "https://")):
        return _fetch(source).decode()
    try:
        return sys.stdin.read() if source == "-" else Path(source).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ExperimentError(f"{source}: {error}") from error


def main(arguments: list[str] | None = None) -> int:
    """Print a report; 2 where there is none to be had."""
    parser = argparse.ArgumentParser(
        prog="python -m service.experiment", description=(__doc__ or "").partition("\n\n")[2]
    )
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("--metrics", metavar="URL|FILE|-", help="one page of /metrics")
    source.add_argument("--prometheus", metavar="URL", help="a Prometheus server")
    parser.add_argument("--span", default="24h", help="with --prometheus: how far back (24h)")
    parser.add_argument("--control", help="compare with this variant (the largest share)")
    parser.add_argument("--json", action="store_true", help="print JSON")
    options = parser.parse_args(arguments)
    try:
        metrics = (
            from_prometheus(options.prometheus, options.span, _fetch)
            if options.prometheus
            else from_text(_read(options.metrics))
        )
        report = compare(metrics, control=options.control)
    except ExperimentError as error:
        print(f"experiment: {error}", file=sys.stderr)
        return 2
    print(json.dumps(asdict(report), indent=1) if options.json else "\n".join(lines(report)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
