"""Series that exist before anything happens, and gauges of processes that have ended."""

from typing import Any

from service.observability import metrics, series


def values(metric: Any, **labels: str) -> dict[tuple[str, ...], float]:
    """Label values -> value, of the samples that have these labels."""
    (family,) = metric.collect()
    return {
        tuple(sample.labels.values()): sample.value
        for sample in family.samples
        if labels.items() <= sample.labels.items() and not sample.name.endswith("_created")
    }


def test_a_variant_starts_at_zero() -> None:
    series.start_variant_series("new", ("joy", "fear"))
    assert values(metrics.PREDICTIONS, variant="new") == {("new", "joy"): 0, ("new", "fear"): 0}
    assert len(values(metrics.FEEDBACK, variant="new")) == 2 * 3
    assert set(values(metrics.REQUESTS, variant="new")) == {
        ("new", assignment, outcome)
        for assignment in ("requested", "split", "fallback")
        for outcome in ("ok", "server_error")
    }
    events = ("kept", "dropped", "failed")
    assert values(metrics.FEEDBACK_PAIRS, variant="new") == {("new", event): 0 for event in events}
    for metric in (metrics.TEXTS, metrics.UNSURE, metrics.FEEDBACK_UNSURE):
        assert values(metric, variant="new") == {("new",): 0}


def test_the_split_covers_every_known_variant() -> None:
    series.publish_split({"a": 0.75, "b": 0.25}, ("a", "b", "c"))
    shares = {name: metrics.SPLIT.labels(name)._value.get() for name in ("a", "b", "c")}
    assert shares == {"a": 0.75, "b": 0.25, "c": 0.0}


def test_names_without_a_variant_have_a_share_while_the_policy_has_them() -> None:
    series.publish_split({"a": 0.5, "typo": 0.5}, ("a",))
    assert values(metrics.SPLIT) == {("a",): 0.5, ("typo",): 0.5}
    series.publish_split({"a": 1}, ("a",))
    assert values(metrics.SPLIT) == {("a",): 1}


def test_a_forgotten_variant_has_no_series() -> None:
    for name in ("old", "kept"):
        series.start_variant_series(name, ("joy",))
    series.start_shadow_series(("old", "kept"), "shadow-of-old")
    series.start_shadow_series(("kept",), "old")
    series.forget_variant("old")
    for metric in metrics.OF_VARIANTS:
        (family,) = metric.collect()
        labels = [sample.labels for sample in family.samples]
        assert not any("old" in found.values() for found in labels)
    assert values(metrics.TEXTS, variant="kept") == {("kept",): 0}
    assert values(metrics.SHADOW, variant="kept", shadow="shadow-of-old")
