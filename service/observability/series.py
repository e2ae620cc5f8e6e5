"""Creates series at zero, so that rates start at zero rather than at the first event."""

from collections.abc import Iterable, Mapping
from itertools import product

from service.observability import metrics
from service.observability.values import VALUES


def start_variant_series(variant: str, labels: Iterable[str]) -> None:
    """Create the series of a variant, for all values of their other labels."""
    values: dict[str, tuple[str, ...]] = {
        "assignment": metrics.ASSIGNMENTS,
        "outcome": ("ok", "server_error"),
        "stage": metrics.STAGES,
        "label": tuple(labels),
        "result": ("tp", "fp", "fn"),
        "event": ("kept", "dropped", "failed"),
    }
    for metric, others in metrics.VARIANT_SERIES.items():
        for combination in product(*(values[name] for name in others)):
            metric.labels(variant, *combination)


def start_shadow_series(variants: Iterable[str], shadow: str) -> None:
    """Create the series of a shadow for each variant whose requests it may see."""
    for variant in variants:
        if variant != shadow:
            metrics.SHADOW_DISTANCE.labels(variant, shadow)
            for result in ("agree", "disagree", "unsure", "failed", "dropped"):
                metrics.SHADOW.labels(variant, shadow, result)


def start_common_series() -> None:
    """Create the series that belong to no variant."""
    for outcome in ("client_error", "server_error"):
        metrics.REQUESTS.labels(metrics.NO_VARIANT, metrics.NO_VARIANT, outcome)
    for reason in (*metrics.SHED_REASONS, *metrics.CONNECTION_REFUSALS):
        metrics.SHED.labels(reason)
    for reason in ("invalid", "unresolvable"):
        metrics.POLICY_REJECTED.labels(reason)
    metrics.FOLDER_UP.set(1)
    for reason in metrics.REPLACEMENT_REASONS:
        metrics.WORKERS_REPLACED.labels(reason)


def publish_split(ratios: Mapping[str, float], known: Iterable[str]) -> None:
    """Set the split gauge of every known variant, to 0 for those outside the policy.

    Names of the policy that no variant has get a gauge, too, so that an alert can name them.
    """
    shown = {*known, *ratios}
    for name in shown:
        metrics.SPLIT.labels(name).set(ratios.get(name, 0.0))
    (family,) = metrics.SPLIT.collect()
    for sample in family.samples:
        if (name := sample.labels["variant"]) not in shown:
            metrics.SPLIT.remove(name)


def forget_variant(variant: str) -> None:
    """Drop all series that have this variant as a label."""
    for metric in metrics.OF_VARIANTS:
        labels = {
            tuple(value for name, value in sample.labels.items() if name != "le")
            for family in metric.collect()
            for sample in family.samples
            if variant in (sample.labels.get("variant"), sample.labels.get("shadow"))
        }
        for values in labels:
            metric.remove(*values)
    VALUES.forget_inherited(variant)
