"""The variant that answers a request, and the metrics that count it."""

import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from edgemood import Classifier
from service.errors import (
    ClientDisconnectedError,
    OutOfResourcesError,
    ShuttingDownError,
    TooManyTokensError,
)
from service.inference.work_budget import WorkBudget
from service.routing.policy import Policy, PolicyChange, ShadowSettings
from service.schemas import ClassifyRequest, CompareRequest

TEXT = "happy 4f1c2a, never to be logged"


@pytest.fixture
def failing(monkeypatch: pytest.MonkeyPatch) -> list[Classifier]:
    """A list of classifiers that fail with a message that quotes the text; tests append to it."""
    found: list[Classifier] = []

    def fail(self: Classifier, batch: object) -> object:
        if self in found:
            raise RuntimeError(TEXT)
        return original(self, batch)

    original = Classifier.logits
    monkeypatch.setattr(Classifier, "logits", fail)
    return found


def test_the_reference_answers_for_a_variant_that_is_not_loaded(
    call: Callable[..., httpx.Response], setup: Any, count: Callable[..., float]
) -> None:
    setup.policy_store.replace(PolicyChange(split={"broken": 1}, reference="fp32"), expected=None)
    before = count("REQUESTS", variant="broken", assignment="split", outcome="server_error")
    body = call("POST", "/classify", json={"text": "happy"}).json()
    assert (body["variant"], body["assignment"]) == ("fp32", "fallback")
    after = count("REQUESTS", variant="broken", assignment="split", outcome="server_error")
    assert after == before + 1


def test_the_reference_answers_for_a_failing_variant_and_the_text_is_not_logged(
    call: Callable[..., httpx.Response],
    setup: Any,
    failing: list[Classifier],
    caplog: pytest.LogCaptureFixture,
    assert_error: Callable[..., None],
) -> None:
    setup.policy_store.replace(
        PolicyChange(split={"int8-static": 1}, reference="fp32"), expected=None
    )
    failing.append(setup.repository.find("int8-static").loaded_classifier)
    body = call("POST", "/classify", json={"text": TEXT}).json()
    assert (body["variant"], body["assignment"]) == ("fp32", "fallback")
    response = call("POST", "/classify", json={"text": TEXT, "variant": "int8-static"})
    assert_error(response, 500, "internal")
    assert "RuntimeError at" in caplog.text
    assert "4f1c2a" not in caplog.text + response.text


def test_the_reference_answers_for_a_variant_that_does_not_exist(
    call: Callable[..., httpx.Response], tmp_path: Path
) -> None:
    policy = Policy(version=7, split={"gone": 1}, reference="fp32")
    (tmp_path / "state").mkdir()
    (tmp_path / "state" / "routing.json").write_bytes(policy.as_json())
    body = call("POST", "/classify", json={"text": "happy"}).json()
    assert (body["variant"], body["assignment"]) == ("fp32", "fallback")


def test_one_text_through_all_variants(call: Callable[..., httpx.Response], setup: Any) -> None:
    setup.policy_store.replace(
        PolicyChange(split={"fp32": 1}, reference="int8-static"), expected=None
    )
    body = call("POST", "/compare", json={"text": "happy"}).json()
    assert body["reference"] == "int8-static"
    assert body["failed"] == []
    assert [r["variant"] for r in body["results"]] == ["fp32", "int8-dynamic", "int8-static"]
    for result in body["results"]:
        alone = call("POST", "/classify", json={"text": "happy", "variant": result["variant"]})
        (expected,) = alone.json()["results"]
        assert {key: result[key] for key in expected} == expected
        assert result["agreement"] == 1
        assert result["microseconds"] > 0
        variant = call("GET", f"/variants/{result['variant']}").json()
        assert result["file_bytes"] == variant["file_bytes"]
        assert result["resident_bytes"] == sum(variant["resident_bytes"].values())


def test_a_failing_variant_does_not_end_a_comparison(
    call: Callable[..., httpx.Response],
    setup: Any,
    failing: list[Classifier],
    caplog: pytest.LogCaptureFixture,
    assert_error: Callable[..., None],
) -> None:
    failing.append(setup.repository.find("fp32").loaded_classifier)
    body = call("POST", "/compare", json={"text": TEXT}).json()
    assert (body["failed"], body["reference"]) == (["fp32"], "int8-dynamic")
    assert len(body["results"]) == 2
    failing += setup.repository.loaded.values()
    assert_error(call("POST", "/compare", json={"text": TEXT}), 503, "no_variant_available")
    assert "4f1c2a" not in caplog.text


@pytest.mark.parametrize("body", [{}, {"text": ""}, {"text": "x", "variant": "fp32"}])
def test_comparisons_that_are_refused(
    call: Callable[..., httpx.Response], body: dict[str, str], assert_error: Callable[..., None]
) -> None:
    assert_error(call("POST", "/compare", json=body), 422, "invalid_field")


def test_each_request_is_counted_once(
    call: Callable[..., httpx.Response], count: Callable[..., float]
) -> None:
    labels = {"variant": "int8-dynamic", "assignment": "requested", "outcome": "ok"}
    before = count("REQUESTS", **labels), count("TEXTS", variant="int8-dynamic")
    joy = count("PREDICTIONS", variant="int8-dynamic", label="joy")
    call("POST", "/classify", json={"texts": ["happy", "sad"], "variant": "int8-dynamic"})
    assert count("REQUESTS", **labels) == before[0] + 1
    assert count("TEXTS", variant="int8-dynamic") == before[1] + 2
    assert count("PREDICTIONS", variant="int8-dynamic", label="joy") == joy + 1
    refused = {"variant": "none", "assignment": "none", "outcome": "client_error"}
    before_refused = count("REQUESTS", **refused)
    call("POST", "/classify", content="{", headers={"content-type": "application/json"})
    call("GET", "/nope")
    assert count("REQUESTS", **refused) == before_refused + 1


def test_the_key_comes_in_the_body_or_as_a_header(
    call: Callable[..., httpx.Response], setup: Any
) -> None:
    split = {"fp32": 50, "int8-static": 50}
    setup.policy_store.replace(PolicyChange(split=split, reference="fp32"), expected=None)
    seen = set()
    for key in ("a", "b", "c", "ключ", "e", "f", "g", "h"):
        expected = setup.policy_store.current().assign(key)
        seen.add(expected)
        by_body = call("POST", "/classify", json={"text": "x", "key": key})
        by_header = call(
            "POST", "/classify", json={"text": "x"}, headers={b"x-routing-key": key.encode()}
        )
        assert by_body.json()["variant"] == by_header.json()["variant"] == expected
    assert seen == set(split)


def test_without_a_key_chance_decides_whatever_the_request_id(setup: Any) -> None:
    shadow = ShadowSettings(variant="int8-dynamic", fraction=0.5)
    change = PolicyChange(split={"fp32": 50, "int8-static": 50}, reference="fp32", shadow=shadow)
    setup.policy_store.replace(change, expected=None)
    random.seed(7)
    inference, request = setup.services.inference, ClassifyRequest(text="x")
    outcomes = [inference.classify(request, request_id="batch-2024-06-01") for _ in range(200)]
    variants = [outcome.response.variant for outcome in outcomes]
    assert 80 < variants.count("fp32") < 120
    assert 80 < sum(outcome.shadow_job is not None for outcome in outcomes) < 120


def test_a_key_is_sticky_whatever_the_request_id(setup: Any) -> None:
    change = PolicyChange(split={"fp32": 50, "int8-static": 50}, reference="fp32")
    setup.policy_store.replace(change, expected=None)
    request = ClassifyRequest(text="x", key="user-1")
    outcomes = [setup.services.inference.classify(request, request_id=str(i)) for i in range(20)]
    assert len({outcome.response.variant for outcome in outcomes}) == 1


def test_work_that_is_stopped_counts_against_no_variant(
    setup: Any, count: Callable[..., float], caplog: pytest.LogCaptureFixture
) -> None:
    def counts() -> list[float]:
        outcomes = ("ok", "server_error")
        return [
            count("REQUESTS", variant="fp32", assignment="requested", outcome=outcome)
            for outcome in outcomes
        ]

    before = counts()
    inference = setup.services.inference
    for reason in (ClientDisconnectedError, ShuttingDownError):
        budget = WorkBudget()
        budget.stop(reason)
        for call in (inference.classify, inference.compare):
            request = ClassifyRequest(text="happy", variant="fp32")
            if call == inference.compare:
                request = CompareRequest(text="happy")
            with pytest.raises(reason):
                call(request, request_id="id", budget=budget)
    assert counts() == before
    assert caplog.records == []


def test_tokens_beyond_the_budget_are_refused(setup: Any) -> None:
    def classify(texts: list[str]) -> None:
        budget = WorkBudget(max_tokens=4)
        request = ClassifyRequest(texts=texts, variant="fp32")
        setup.services.inference.classify(request, request_id="id", budget=budget)

    classify(["happy sad", "happy sad"])
    with pytest.raises(TooManyTokensError):
        classify(["happy sad", "happy sad sad"])


def test_a_lack_of_memory_is_no_fault_of_the_variant(
    setup: Any, monkeypatch: pytest.MonkeyPatch, count: Callable[..., float]
) -> None:
    def fail(*_: object) -> None:
        raise MemoryError

    monkeypatch.setattr(Classifier, "logits", fail)
    before = count("REQUESTS", variant="fp32", assignment="requested", outcome="server_error")
    with pytest.raises(OutOfResourcesError):
        setup.services.inference.classify(
            ClassifyRequest(text="happy", variant="fp32"), request_id="id"
        )
    after = count("REQUESTS", variant="fp32", assignment="requested", outcome="server_error")
    assert after == before
