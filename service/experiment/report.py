"""The result of an A/B split: one summary for each variant, and a check of the split itself.

Latency, shadow and feedback counts include all requests that a variant answered, also requests that
named it and requests that it answered as fallback. Labels of one text count as independent, and so
do the requests of one key. Texts that a variant was unsure of count neither for agreement nor for
F1, so a variant that leaves hard texts unanswered has better figures on the others.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from service.experiment.prometheus import (
    DURATION_BUCKETS,
    FEEDBACK,
    FEEDBACK_TEXTS,
    FEEDBACK_UNSURE,
    REQUESTS,
    SHADOW,
    SPLIT,
    TEXTS,
    UNSURE,
    ExperimentError,
    Metrics,
)
from service.statistics import (
    F1,
    Estimate,
    f1_difference,
    f1_from_counts,
    histogram_quantile,
    macro_f1,
    proportion,
    sample_ratio_mismatch,
)

QUANTILES = (0.5, 0.95, 0.99)


@dataclass(frozen=True)
class VariantSummary:
    """One variant of the split. `--json` prints the fields under these names."""

    variant: str
    requests: float
    """Requests that the split assigned to it, successful or not."""
    failed: float
    expected_share: float | None
    """The policy's share of requests; None if the metrics have none."""
    seconds: dict[str, float | None]
    """Quantile -> seconds; None without requests."""
    agreement: dict[str, Estimate]
    """Shadow -> share of texts with the same labels from both, of those that both answered."""
    judged_texts: float
    """Texts with feedback."""
    macro_f1: Estimate | None
    """Over the labels with feedback; None without feedback."""
    difference: Estimate | None
    """Macro-F1 minus the control's, over the labels with feedback for both."""
    p_value: float | None
    """Of the difference, two-sided."""
    unsure: Estimate | None
    """Share of its texts that it was unsure of; None if it answered all."""
    judged_unsure: float
    """Texts with feedback that it was unsure of."""


@dataclass(frozen=True)
class Report:
    """All results. `--json` prints the fields under these names."""

    control: str
    sides: tuple[VariantSummary, ...]
    """The control first, the others by name."""
    mismatch_p: float | None
    """p-value of the requests given the policy's shares; see `sample_ratio_mismatch`."""


def build_report(metrics: Metrics, *, control: str | None = None) -> Report:
    """Summarise every variant of the split and compare it with the control.

    Args:
        metrics: the service's counters.
        control: name of a variant; None: the one with the largest share.

    Raises:
        ExperimentError: no request has been split, or the control is not part of the split.
    """
    shares = {name: metrics.total(SPLIT, variant=name) for name in metrics.values(SPLIT, "variant")}
    requests = _split_requests(metrics, shares)
    control = control or max(requests, key=lambda name: (shares.get(name, 0.0), requests[name]))
    if control not in requests:
        raise ExperimentError(
            f"no variant {control} in the split; there are: {', '.join(requests)}"
        )
    control_f1 = _f1_by_label(metrics, control)
    summaries = tuple(
        _summary(
            metrics,
            name,
            requests=requests[name],
            share=shares.get(name),
            control_f1=None if name == control else control_f1,
        )
        for name in sorted(requests, key=lambda name: (name != control, name))
    )
    return Report(control, summaries, sample_ratio_mismatch(requests, shares))


def _split_requests(metrics: Metrics, shares: Mapping[str, float]) -> dict[str, float]:
    """Variant -> requests of the split; variants without requests and without a share left out."""
    requests = {
        name: metrics.total(REQUESTS, variant=name, assignment="split")
        for name in metrics.values(REQUESTS, "variant", assignment="split")
    }
    if not any(requests.values()):
        raise ExperimentError("no request has been split between variants yet")
    return {name: count for name, count in requests.items() if count or shares.get(name)}


def _summary(
    metrics: Metrics,
    name: str,
    *,
    requests: float,
    share: float | None,
    control_f1: Mapping[str, F1] | None,
) -> VariantSummary:
    f1 = _f1_by_label(metrics, name)
    difference, p_value = _difference(f1, control_f1 or {})
    return VariantSummary(
        variant=name,
        requests=requests,
        failed=metrics.total(REQUESTS, variant=name, assignment="split", outcome="server_error"),
        expected_share=share,
        seconds=_latency(metrics, name),
        agreement=_agreement(metrics, name),
        judged_texts=metrics.total(FEEDBACK_TEXTS, variant=name),
        macro_f1=macro_f1(f1.values()).estimate if f1 else None,
        difference=difference,
        p_value=p_value,
        unsure=_unsure(metrics, name),
        judged_unsure=metrics.total(FEEDBACK_UNSURE, variant=name),
    )


def _difference(
    f1: Mapping[str, F1], control_f1: Mapping[str, F1]
) -> tuple[Estimate | None, float | None]:
    shared = f1.keys() & control_f1.keys()
    if not shared:
        return None, None
    variant, control = (
        macro_f1(by_label[label] for label in shared) for by_label in (f1, control_f1)
    )
    return f1_difference(variant, control)


def _latency(metrics: Metrics, name: str) -> dict[str, float | None]:
    bounds = sorted(metrics.values(DURATION_BUCKETS, "le", variant=name), key=float)
    counts = [metrics.total(DURATION_BUCKETS, variant=name, le=bound) for bound in bounds]
    seconds = [float(bound) for bound in bounds]
    return {f"p{q * 100:g}": histogram_quantile(seconds, counts, q) for q in QUANTILES}


def _agreement(metrics: Metrics, name: str) -> dict[str, Estimate]:
    found = {}
    for shadow in metrics.values(SHADOW, "shadow", variant=name):
        agreed = metrics.total(SHADOW, variant=name, shadow=shadow, result="agree")
        differed = metrics.total(SHADOW, variant=name, shadow=shadow, result="disagree")
        if texts := agreed + differed:
            found[shadow] = proportion(agreed, texts)
    return found


def _unsure(metrics: Metrics, name: str) -> Estimate | None:
    unsure, texts = metrics.total(UNSURE, variant=name), metrics.total(TEXTS, variant=name)
    return proportion(min(unsure, texts), texts) if unsure and texts else None


def _f1_by_label(metrics: Metrics, name: str) -> dict[str, F1]:
    """F1 of each label that was predicted or named in feedback at least once."""
    found = {}
    for label in metrics.values(FEEDBACK, "label", variant=name):
        tp, fp, fn = (
            metrics.total(FEEDBACK, variant=name, label=label, result=result)
            for result in ("tp", "fp", "fn")
        )
        if tp + fp + fn:
            found[label] = f1_from_counts(tp, fp, fn)
    return found
