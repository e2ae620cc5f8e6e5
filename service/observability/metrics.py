"""Prometheus metrics. No label takes a caller's string: variants, labels and outcomes are ours.

Several workers write to files that any of them adds up for `/metrics`, hence the explicit
`multiprocess_mode` of each gauge, and no `Info` or `Enum`, which would vanish there. Series are
made at the start, so that a rate begins at zero rather than at the first event. Help texts are
short because prometheus_client keeps one with every series: a hundred variants have ten thousand.
"""

import functools
import os
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Literal

from prometheus_client import Counter, Gauge, Histogram
from prometheus_client.multiprocess import mark_process_dead

from service.schemas import Assignment

Outcome = Literal["ok", "client_error", "server_error"]
Stage = Literal["tokenize", "infer"]

ASSIGNMENTS: tuple[Assignment, ...] = ("requested", "split", "fallback")
NO_VARIANT = "none"
"""Value of the variant label where a request was refused before a variant was chosen."""

LATENCY_BUCKETS = (
    *(50e-6, 100e-6, 200e-6, 500e-6, 1e-3, 2e-3, 5e-3, 10e-3),
    *(25e-3, 50e-3, 100e-3, 250e-3, 500e-3, 1.0, 2.5),
)
"""Seconds; 10 ms is the service-level objective."""
STAGE_BUCKETS = LATENCY_BUCKETS[::2]
"""Stages are compared with each other, not held to an objective: half of the buckets will do."""

_RSS_INTERVAL_S = 1.0
_PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")

# A request that its variant failed and the reference answered counts once for each.
REQUESTS = Counter(
    "emotion_requests_total",
    "Requests to /classify, one for each variant tried.",
    ["variant", "assignment", "outcome"],
)
REQUEST_SECONDS = Histogram(
    "emotion_request_duration_seconds",
    "From body read to answer ready.",
    ["variant"],
    buckets=LATENCY_BUCKETS,
)
STAGE_SECONDS = Histogram(
    "emotion_stage_duration_seconds",
    "Time in one stage of a request.",
    ["variant", "stage"],
    buckets=STAGE_BUCKETS,
)
TEXTS = Counter("emotion_texts_total", "Texts classified.", ["variant"])
PREDICTIONS = Counter("emotion_predictions_total", "Labels given.", ["variant", "label"])
# Rightly given, wrongly given, wrongly left out.
FEEDBACK = Counter(
    "emotion_feedback_total",
    "Labels against the truth: tp, fp or fn.",
    ["variant", "label", "result"],
)
FEEDBACK_TEXTS = Counter("emotion_feedback_texts_total", "Texts whose truth was told.", ["variant"])
# `agree` and `disagree` count texts, `failed` and `dropped` (too many waited) requests.
SHADOW = Counter(
    "emotion_shadow_total",
    "Texts by whether both variants gave the same labels.",
    ["variant", "shadow", "result"],
)
SHADOW_DISTANCE = Histogram(
    "emotion_shadow_score_distance",
    "Largest difference of a label's scores.",
    ["variant", "shadow"],
    buckets=(0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0),
)
SHED = Counter("emotion_shed_total", "Requests refused to protect the service.", ["reason"])
POLICY_REJECTED = Counter(
    "emotion_policy_rejected_total", "Versions of the policy file that did not validate."
)
RESIDENT_BYTES = Gauge(
    "emotion_variant_resident_bytes",
    "Memory of a variant in one worker.",
    ["variant", "part"],
    multiprocess_mode="livemax",
)
FILE_BYTES = Gauge(
    "emotion_variant_file_bytes", "Size of the file.", ["variant"], multiprocess_mode="livemax"
)
QUALITY = Gauge(
    "emotion_variant_quality_ratio",
    "Quality measured when the variant was built.",
    ["variant", "metric", "split"],
    multiprocess_mode="livemax",
)
INFO = Gauge(
    "emotion_variant_info",
    "1 for each loaded variant.",
    ["variant", "method", "architecture", "sha256"],
    multiprocess_mode="livemax",
)
# 0 where it is unloaded or its file could not be used.
VARIANT_UP = Gauge(
    "emotion_variant_up",
    "1 where the variant answers.",
    ["variant"],
    multiprocess_mode="livemin",
)
SPLIT = Gauge(
    "emotion_split_ratio",
    "Share of keys that the policy gives to a variant.",
    ["variant"],
    multiprocess_mode="mostrecent",
)
PROCESS_RESIDENT_BYTES = Gauge(
    "emotion_process_resident_bytes",
    "Resident memory of a worker.",
    multiprocess_mode="liveall",
)


def start_series(variant: str, labels: Iterable[str]) -> None:
    """Make every series of a variant, at zero."""
    for assignment in ASSIGNMENTS:
        for outcome in ("ok", "server_error"):
            REQUESTS.labels(variant, assignment, outcome)
    for stage in ("tokenize", "infer"):
        STAGE_SECONDS.labels(variant, stage)
    REQUEST_SECONDS.labels(variant)
    TEXTS.labels(variant)
    FEEDBACK_TEXTS.labels(variant)
    for label in labels:
        PREDICTIONS.labels(variant, label)
        for result in ("tp", "fp", "fn"):
            FEEDBACK.labels(variant, label, result)


def start_shadow_series(variants: Iterable[str], shadow: str) -> None:
    """Make the series of a shadow beside each variant that may answer, at zero."""
    for variant in variants:
        if variant != shadow:
            SHADOW_DISTANCE.labels(variant, shadow)
            for result in ("agree", "disagree", "failed", "dropped"):
                SHADOW.labels(variant, shadow, result)


def start_common_series() -> None:
    """Make the series that belong to no variant, at zero."""
    for outcome in ("client_error", "server_error"):
        REQUESTS.labels(NO_VARIANT, NO_VARIANT, outcome)
    SHED.labels("concurrency")


def forget_dead_workers() -> None:
    """Drop the live gauges of processes that are gone, such as the one this worker replaces."""
    folder = os.environ.get("PROMETHEUS_MULTIPROC_DIR")
    for path in Path(folder).glob("gauge_live*_*.db") if folder else ():
        pid = path.stem.rpartition("_")[2]
        if pid.isdecimal() and not Path(f"/proc/{pid}").exists():
            mark_process_dead(int(pid))  # type: ignore[no-untyped-call]


def show_split(ratios: dict[str, float], known: Iterable[str]) -> None:
    """Set the split gauge for every known variant."""
    for name in known:
        SPLIT.labels(name).set(ratios.get(name, 0.0))


@functools.cache
def counter(metric: Counter, *labels: str) -> Counter:
    """One series of a counter; found in a fraction of the time that `labels` takes."""
    return metric.labels(*labels)


@functools.cache
def histogram(metric: Histogram, *labels: str) -> Histogram:
    """One series of a histogram; found in a fraction of the time that `labels` takes."""
    return metric.labels(*labels)


class Stopwatch:
    """Times the stages of one request, for the metrics and for `Server-Timing`."""

    def __init__(self, *, started: float | None = None) -> None:
        """Start now, or say when it was, by `time.perf_counter`."""
        self._made = self._lap = time.perf_counter()
        self._started = self._made if started is None else started
        self.seconds: dict[Stage, float] = {}

    def lap(self, stage: Stage) -> None:
        """Say that a stage is over; it began when the one before was."""
        now = time.perf_counter()
        self.seconds[stage] = now - self._lap
        self._lap = now

    @property
    def waited(self) -> float:
        """Seconds from the start until the watch was made."""
        return self._made - self._started

    @property
    def total(self) -> float:
        """Seconds since the start."""
        return time.perf_counter() - self._started


class ResidentMemory:
    """Keeps the process' memory gauge at most a second behind, at a cost only when it is due."""

    def __init__(self) -> None:
        self._due = 0.0

    def refresh(self) -> None:
        """Read the process' resident bytes if the last reading is old."""
        now = time.monotonic()
        if now < self._due:
            return
        self._due = now + _RSS_INTERVAL_S
        pages = int(Path("/proc/self/statm").read_text().split()[1])
        PROCESS_RESIDENT_BYTES.set(pages * _PAGE_BYTES)
