"""What each context manager counts, for blocks that succeed and blocks that raise."""

import time
from collections.abc import Callable

import pytest

from edgemood import Prediction
from service.errors import (
    ClientDisconnectedError,
    InternalError,
    NotFoundError,
    ServiceError,
)
from service.observability import metrics
from service.observability.request_metrics import count_attempt, count_refusals, time_request

NONE = {"variant": "none", "assignment": "none"}


def observed(variant: str) -> tuple[float, float]:
    """Number and sum of the durations of a variant's requests."""
    samples = metrics.REQUEST_SECONDS.labels(variant)._child_samples()
    by_name = {sample.name: sample.value for sample in samples if not sample.labels}
    return sum(s.value for s in samples if s.labels == {"le": "+Inf"}), by_name["_sum"]


def test_an_attempt_that_succeeds(count: Callable[..., float]) -> None:
    labels = {"variant": "one", "assignment": "split", "outcome": "ok"}
    before = count("REQUESTS", **labels), count("TEXTS", variant="one")
    joy = count("PREDICTIONS", variant="one", label="joy")
    with count_attempt("one", "split") as attempt:
        attempt.predictions = [Prediction(("joy",), {}), Prediction(("joy", "fear"), {})]
    assert count("REQUESTS", **labels) == before[0] + 1
    assert count("TEXTS", variant="one") == before[1] + 2
    assert count("PREDICTIONS", variant="one", label="joy") == joy + 2


def test_unsure_texts_are_texts_too(count: Callable[..., float]) -> None:
    before = count("TEXTS", variant="one"), count("UNSURE", variant="one")
    with count_attempt("one", "split") as attempt:
        attempt.predictions = [
            Prediction((), {}, unsure=True),
            Prediction((), {}, unsure=False),
            Prediction((), {}),
        ]
    assert (count("TEXTS", variant="one"), count("UNSURE", variant="one")) == (
        before[0] + 3,
        before[1] + 1,
    )


def test_an_attempt_that_fails_counts_no_text(count: Callable[..., float]) -> None:
    labels = {"variant": "one", "assignment": "fallback", "outcome": "server_error"}
    before = count("REQUESTS", **labels), count("TEXTS", variant="one")

    def attempt() -> None:
        with count_attempt("one", "fallback"):
            raise InternalError

    with pytest.raises(InternalError):
        attempt()
    assert (count("REQUESTS", **labels), count("TEXTS", variant="one")) == (
        before[0] + 1,
        before[1],
    )


@pytest.mark.parametrize(
    ("error", "outcome"),
    [
        (NotFoundError("no such route"), "client_error"),
        (RuntimeError(), "server_error"),
        (InternalError(), None),  # an attempt has counted it
        (ClientDisconnectedError(), None),
    ],
)
@pytest.mark.parametrize("when", [True, False])
def test_refusals(
    count: Callable[..., float], error: Exception, outcome: str | None, when: bool
) -> None:
    def counts() -> list[float]:
        return [count("REQUESTS", **NONE, outcome=o) for o in ("client_error", "server_error")]

    def refuse() -> None:
        with count_refusals(when=when):
            raise error

    before = counts()
    with pytest.raises((ServiceError, RuntimeError, ClientDisconnectedError)):
        refuse()
    grown = [now - then for now, then in zip(counts(), before, strict=True)]
    assert grown == [when and outcome == o for o in ("client_error", "server_error")]


def test_a_request_is_timed_from_its_last_byte() -> None:
    number, seconds = observed("timed")
    with time_request(received_at=time.perf_counter() - 2) as timing:
        timing.variant, timing.stage_seconds = "timed", {"tokenize": 0.25, "infer": 0.5}
    after = observed("timed")
    assert after[0] == number + 1
    assert 2 <= after[1] - seconds < 60
    parts = dict(part.split(";dur=") for part in timing.server_timing.split(", "))
    assert list(parts) == ["wait", "tokenize", "infer", "total"]
    assert (parts["tokenize"], parts["infer"]) == ("250.000", "500.000")
    assert 2000 <= float(parts["wait"]) <= float(parts["total"])


def test_a_request_that_fails_is_not_timed() -> None:
    number, _ = observed("none")

    def fail() -> None:
        with time_request(received_at=time.perf_counter()):
            raise InternalError

    with pytest.raises(InternalError):
        fail()
    assert observed("none")[0] == number
