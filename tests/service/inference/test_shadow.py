"""Shadowing: a second variant on the same texts, after the response."""

import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

import httpx
import pytest

from edgemood import Classifier, Prediction
from service.inference import shadow as module
from service.inference.shadow import MAX_TEXTS_PER_JOB, Shadow, ShadowJob
from service.observability import metrics, series
from service.routing.policy import PolicyChange, ShadowSettings

RESULTS = ("agree", "disagree", "unsure", "failed", "dropped")


@pytest.fixture
def grown(count: Callable[..., float]) -> Callable[[], dict[str, float]]:
    """Increase of the counters of fp32 with shadow int8-static since the last call."""

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
    setup.policy_store.replace(change, expected=None)


def test_texts_are_compared_after_the_response(
    call: Callable[..., httpx.Response],
    setup: Any,
    monkeypatch: pytest.MonkeyPatch,
    grown: Callable[[], dict[str, float]],
) -> None:
    follow(setup)
    call("POST", "/classify", json={"texts": ["happy", "sad"]})
    setup.services.shadow.join()
    assert grown() == {"agree": 2}

    def other(self: Classifier, texts: list[str]) -> list[Prediction]:
        return [Prediction(("sadness",), {"joy": 0.0, "sadness": 1.0, "neutral": 0.5})] * len(texts)

    monkeypatch.setattr(Classifier, "classify", other)
    call("POST", "/classify", json={"texts": ["happy", "sad"]})
    setup.services.shadow.join()
    assert grown() == {"agree": 1, "disagree": 1}

    def unsure(self: Classifier, texts: list[str]) -> list[Prediction]:
        scores = {"joy": 0.0, "sadness": 0.3, "neutral": 0.5}
        return [Prediction((), scores, unsure=text == "sad") for text in texts]

    monkeypatch.setattr(Classifier, "classify", unsure)
    call("POST", "/classify", json={"texts": ["happy", "sad"]})
    setup.services.shadow.join()
    assert grown() == {"disagree": 1, "unsure": 1}


def test_responses_do_not_wait_and_jobs_beyond_the_queue_are_dropped(
    setup: Any,
    call: Callable[..., httpx.Response],
    monkeypatch: pytest.MonkeyPatch,
    grown: Callable[[], dict[str, float]],
) -> None:
    follow(setup)
    begun, go_on = threading.Event(), threading.Event()

    def blocked(self: Classifier, texts: list[str]) -> list[Prediction]:
        begun.set()
        go_on.wait(30)
        return original(self, texts)

    original = Classifier.classify
    monkeypatch.setattr(Classifier, "classify", blocked)
    shadow = Shadow(setup.repository, capacity=2)
    setup.services = replace(setup.services, shadow=shadow)
    assert call("POST", "/classify", json={"text": "happy"}).status_code == 200
    assert begun.wait(30)  # one job runs, two may wait
    for _ in range(4):
        assert call("POST", "/classify", json={"text": "happy"}).status_code == 200
    go_on.set()
    shadow.join()
    assert grown() == {"agree": 3, "dropped": 2}


def test_a_failed_job_is_counted_and_its_text_is_not_logged(
    setup: Any, caplog: pytest.LogCaptureFixture, count: Callable[..., float]
) -> None:
    labels = {"variant": "fp32", "shadow": "broken", "result": "failed"}
    before = count("SHADOW", **labels)
    for _ in range(3):
        setup.services.shadow.submit(ShadowJob("fp32", "broken", ["a 4f1c2a text"], []))
    setup.services.shadow.join()
    assert count("SHADOW", **labels) == before + 3
    assert caplog.text.count("UnavailableError") == 1
    assert "4f1c2a" not in caplog.text


def test_only_the_first_texts_of_a_long_batch_are_compared(
    call: Callable[..., httpx.Response], setup: Any, grown: Callable[[], dict[str, float]]
) -> None:
    follow(setup)
    call("POST", "/classify", json={"texts": ["happy"] * 100})
    setup.services.shadow.join()
    assert grown() == {"agree": 16}


def test_requested_variants_and_the_shadow_itself_are_not_shadowed(
    call: Callable[..., httpx.Response], setup: Any, grown: Callable[[], dict[str, float]]
) -> None:
    follow(setup)
    call("POST", "/classify", json={"text": "happy", "variant": "fp32"})
    shadow = ShadowSettings(variant="int8-static", fraction=1.0)
    itself = PolicyChange(split={"int8-static": 1}, reference="fp32", shadow=shadow)
    setup.policy_store.replace(itself, expected=None)
    call("POST", "/classify", json={"text": "happy"})
    setup.services.shadow.join()
    assert grown() == {}


def test_series_exist_before_the_first_job() -> None:
    series.start_shadow_series(["one", "two"], "two")
    found = metrics.SHADOW.collect()[0].samples
    own = {tuple(s.labels.values()) for s in found if s.labels["shadow"] == "two"}
    assert {("one", "two", result) for result in RESULTS} <= own
    assert ("two", "two", "agree") not in own


@pytest.fixture
def blocked(setup: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shadow]:
    """A shadow whose thread waits in its first job until the test ends."""
    began, may_end = threading.Event(), threading.Event()

    def wait(_: Classifier, texts: Sequence[str]) -> list[Prediction]:
        began.set()
        assert may_end.wait(20)
        return []

    monkeypatch.setattr(Classifier, "classify", wait)
    shadow = Shadow(setup.repository)
    shadow.submit(job([]))
    assert began.wait(20)
    yield shadow
    may_end.set()
    shadow.join()


def job(texts: list[str]) -> ShadowJob:
    return ShadowJob("fp32", "int8-static", texts, [])


def test_the_characters_that_wait_are_bounded(
    blocked: Shadow, monkeypatch: pytest.MonkeyPatch, grown: Callable[[], dict[str, float]]
) -> None:
    monkeypatch.setattr(module, "MAX_CHARACTERS", 10)
    blocked.submit(job(["x" * 6]))
    blocked.submit(job(["x" * 5]))
    assert grown() == {"dropped": 1}
    blocked.submit(job(["x" * 2, "x" * 2]))
    assert grown() == {}


def test_waiting_jobs_keep_only_the_texts_that_are_compared(blocked: Shadow) -> None:
    blocked.submit(job(["x"] * (MAX_TEXTS_PER_JOB + 1)))
    assert blocked._characters == MAX_TEXTS_PER_JOB


def test_without_a_thread_jobs_are_dropped(
    setup: Any, monkeypatch: pytest.MonkeyPatch, grown: Callable[[], dict[str, float]]
) -> None:
    def refuse(_: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", refuse)
    Shadow(setup.repository).submit(job(["happy"]))
    assert grown() == {"dropped": 1}
