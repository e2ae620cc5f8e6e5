"""Counts and times classification requests, as context managers around the work.

`time_request` spans a whole request, `count_attempt` one variant's attempt to answer it, and
`count_refusals` the failures that no variant caused.
"""

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

from edgemood import Prediction
from service.errors import (
    NO_FAULT_OF_A_VARIANT,
    ClientDisconnectedError,
    NoVariantError,
    ServiceError,
)
from service.observability import metrics
from service.observability.metrics import NO_VARIANT, Stage
from service.observability.stopwatch import Stopwatch
from service.schemas import Assignment


class RequestTiming:
    """Durations of one request. The block under `time_request` sets variant and stages."""

    def __init__(self, received_at: float) -> None:
        self.variant = NO_VARIANT
        self.stage_seconds: Mapping[Stage, float] = {}
        self._received_at = received_at
        self._waited = time.perf_counter() - received_at
        self._total = 0.0

    def stop(self) -> None:
        """End the request now."""
        self._total = time.perf_counter() - self._received_at
        metrics.REQUEST_SECONDS.labels(self.variant).observe(self._total)

    @property
    def server_timing(self) -> str:
        """The value of the `Server-Timing` header, in milliseconds."""
        durations = (
            ("wait", self._waited),
            *self.stage_seconds.items(),
            ("total", self._total),
        )
        return ", ".join(f"{name};dur={seconds * 1000:.3f}" for name, seconds in durations)


@contextmanager
def time_request(*, received_at: float) -> Iterator[RequestTiming]:
    """Observe the duration of a request that succeeds.

    Args:
        received_at: `time.perf_counter()` when the body had been read.
    """
    timing = RequestTiming(received_at)
    yield timing
    timing.stop()


class Attempt:
    """The outcome of one variant; the block under `count_attempt` fills it in."""

    def __init__(self) -> None:
        self.stopwatch = Stopwatch()
        self.predictions: Sequence[Prediction] = ()


@contextmanager
def count_attempt(variant: str, assignment: Assignment) -> Iterator[Attempt]:
    """Count the attempt of one variant: `server_error` if the block raises, else `ok`.

    Attempts that end without a fault of the variant, such as at the deadline, are not counted.
    Texts, labels and stages count only if the attempt succeeds.
    """
    attempt = Attempt()
    try:
        yield attempt
    except NO_FAULT_OF_A_VARIANT:
        raise
    except Exception:
        metrics.REQUESTS.labels(variant, assignment, "server_error").inc()
        raise
    metrics.REQUESTS.labels(variant, assignment, "ok").inc()
    metrics.TEXTS.labels(variant).inc(len(attempt.predictions))
    if unsure := sum(prediction.unsure is True for prediction in attempt.predictions):
        metrics.UNSURE.labels(variant).inc(unsure)
    for stage, seconds in attempt.stopwatch.seconds.items():
        metrics.STAGE_SECONDS.labels(variant, stage).observe(seconds)
    for prediction in attempt.predictions:
        for label in prediction.labels:
            metrics.PREDICTIONS.labels(variant, label).inc()


def count_shed(error: ServiceError) -> None:
    """Count an error that protects the service; those at a limit are counted there."""
    if error.code in metrics.SHED_REASONS:
        metrics.SHED.labels(error.code).inc()


@contextmanager
def count_unanswered() -> Iterator[None]:
    """Count requests that end because no variant can answer."""
    try:
        yield
    except NoVariantError:
        metrics.UNANSWERED.inc()
        raise


@contextmanager
def count_refusals(*, when: bool) -> Iterator[None]:
    """Count requests that fail before a variant is tried.

    Errors with a status of 500 or more that are `ServiceError`s have been counted by
    `count_attempt`.

    Args:
        when: whether this request counts; only classification requests do.
    """
    try:
        yield
    except ClientDisconnectedError:
        raise
    except ServiceError as error:
        if when and error.status < 500:
            metrics.REQUESTS.labels(NO_VARIANT, NO_VARIANT, "client_error").inc()
        raise
    except Exception:
        if when:
            metrics.REQUESTS.labels(NO_VARIANT, NO_VARIANT, "server_error").inc()
        raise
