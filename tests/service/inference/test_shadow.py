"""A second variant on the same texts, after the answer."""

import threading
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgemood import Classifier, Prediction
from service.inference.shadow import Shadow, ShadowJob, distance
from service.observability import metrics
from service.routing.policy import Policy, PolicyChange, ShadowSettings

RESULTS = ("agree", "disagree", "failed", "dropped")


@pytest.fixture
def grown(count: Callable[..., float]) -> Callable[[], dict[str, float]]:
    """What the counters of int8-static in fp32's shadow grew by since the last call."""

    def counts() -> dict[str, float]:
        return {r: count("SHADOW", variant="fp32", shadow="int8-static", result=r) for r in RESULTS}

    last = counts()

    def since() -> dict[str, float]:
        nonlocal last
        before, last = last, counts()
        return {r: last[r] - before[r] for r in RESULTS if last[r] != before[r]}

    return since


def follow(setup: Any, fraction: float = 1.0) -> None:
    shadow = ShadowSettings(variant="int8-static", fraction=fraction)
    change = PolicyChange(split={"fp32": 1}, reference="fp32", shadow=shadow)
    setup.policy.replace(change, expected=None)


def test_texts_are_compared_after_the_answer(
    call: Callable[..., httpx.Response],
    setup: Any,
    monkeypatch: pytest.MonkeyPatch,
    grown: Callable[[], dict[str, float]],
) -> None:
    follow(setup)
    call("POST", "/classify", json={"texts": ["happy", "sad"]})
    setup.shadow.wait()
    assert grown() == {"agree": 2}

    def other(self: Classifier, texts: list[str]) -> list[Prediction]:
        return [Prediction(("sadness",), {"joy": 0.0, "sadness": 1.0, "neutral": 0.5})] * len(texts)

    monkeypatch.setattr(Classifier, "classify", other)
    call("POST", "/classify", json={"texts": ["happy", "sad"]})
    setup.shadow.wait()
    assert grown() == {"agree": 1, "disagree": 1}


def test_an_answer_does_not_wait_and_too_many_are_dropped(
    setup: Any,
    call: Callable[..., httpx.Response],
    monkeypatch: pytest.MonkeyPatch,
    grown: Callable[[], dict[str, float]],
) -> None:
    follow(setup)
    begun, go_on = threading.Event(), threading.Event()

    def stuck(self: Classifier, texts: list[str]) -> list[Prediction]:
        begun.set()
        go_on.wait(30)
        return original(self, texts)

    original = Classifier.classify
    monkeypatch.setattr(Classifier, "classify", stuck)
    setup.api._shadow = Shadow(setup.repository, capacity=2)
    assert call("POST", "/classify", json={"text": "happy"}).status_code == 200
    assert begun.wait(30)  # one is being worked on, two may wait
    for _ in range(4):
        assert call("POST", "/classify", json={"text": "happy"}).status_code == 200
    go_on.set()
    setup.api._shadow.wait()
    assert grown() == {"agree": 3, "dropped": 2}


def test_a_shadow_that_cannot_answer_is_counted_and_nothing_is_logged_of_the_text(
    setup: Any, caplog: pytest.LogCaptureFixture, count: Callable[..., float]
) -> None:
    labels = {"variant": "fp32", "shadow": "broken", "result": "failed"}
    before = count("SHADOW", **labels)
    setup.shadow.submit(ShadowJob("fp32", "broken", ["a 4f1c2a text"], []))
    setup.shadow.wait()
    assert count("SHADOW", **labels) == before + 1
    assert "UnavailableError" in caplog.text
    assert "4f1c2a" not in caplog.text


def test_only_the_first_texts_of_a_long_batch(
    call: Callable[..., httpx.Response], setup: Any, grown: Callable[[], dict[str, float]]
) -> None:
    follow(setup)
    call("POST", "/classify", json={"texts": ["happy"] * 100})
    setup.shadow.wait()
    assert grown() == {"agree": 16}


def test_named_variants_and_the_shadow_itself_have_no_shadow(
    call: Callable[..., httpx.Response], setup: Any, grown: Callable[[], dict[str, float]]
) -> None:
    follow(setup)
    call("POST", "/classify", json={"text": "happy", "variant": "fp32"})
    shadow = ShadowSettings(variant="int8-static", fraction=1.0)
    itself = PolicyChange(split={"int8-static": 1}, reference="fp32", shadow=shadow)
    setup.policy.replace(itself, expected=None)
    call("POST", "/classify", json={"text": "happy"})
    setup.shadow.wait()
    assert grown() == {}


def policy(fraction: float) -> Policy:
    shadow = ShadowSettings(variant="b", fraction=fraction)
    return Policy(version=1, split={"a": 1}, reference="a", shadow=shadow)


@given(st.text(max_size=40))
def test_all_nothing_and_more_of_the_same(key: str) -> None:
    assert policy(1.0).shadow_for(key) == "b"
    assert policy(0.0).shadow_for(key) is None
    if policy(0.2).shadow_for(key):
        assert policy(0.5).shadow_for(key) == "b"


def test_the_fraction_is_kept_and_independent_of_the_split() -> None:
    both = Policy(
        version=1,
        split={"a": 50, "c": 50},
        reference="a",
        shadow=ShadowSettings(variant="b", fraction=0.2),
    )
    keys = [f"user-{i}" for i in range(10_000)]
    for variant in ("a", "c"):
        own = [key for key in keys if both.assign(key) == variant]
        share = sum(both.shadow_for(key) is not None for key in own) / len(own)
        assert share == pytest.approx(0.2, abs=0.02)


def test_distance_by_hand() -> None:
    one = Prediction((), {"joy": 0.9, "fear": 0.2})
    other = Prediction((), {"joy": 0.7, "anger": 0.3})
    assert distance(one, other) == pytest.approx(0.3)
    assert distance(one, one) == 0


def test_series_begin_at_zero() -> None:
    metrics.start_shadow_series(["one", "two"], "two")
    found = metrics.SHADOW.collect()[0].samples
    ours = {tuple(s.labels.values()) for s in found if s.labels["shadow"] == "two"}
    assert {("one", "two", result) for result in RESULTS} <= ours
    assert ("two", "two", "agree") not in ours
