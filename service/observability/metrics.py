"""Definitions of the Prometheus metrics. No label takes a caller's string.

The numbers are kept by `service.observability.values`, and any of several workers adds them up for
`/metrics`. Each gauge therefore states its `multiprocess_mode`. Help texts are short because
prometheus_client keeps one with every series: a hundred variants have ten thousand.
"""

from collections.abc import Mapping
from typing import Literal, get_args

from prometheus_client import Counter, Gauge, Histogram

from service.observability import values  # noqa: F401  # before the first metric is defined
from service.schemas import Assignment
from service.supervision.verdict import Reason

Outcome = Literal["ok", "client_error", "server_error"]
Stage = Literal["tokenize", "infer"]

ASSIGNMENTS: tuple[Assignment, ...] = ("requested", "split", "fallback")
STAGES: tuple[Stage, ...] = ("tokenize", "infer")
SHED_REASONS = (
    *("concurrency", "queue", "tokens", "body_bytes"),
    *("deadline_exceeded", "out_of_resources", "request_timeout", "shutting_down"),
)
"""What the service refuses requests for: the first four are limits, the others codes of errors."""
CONNECTION_REFUSALS = (
    "connections_full",
    "head_too_large",
    "header_timeout",
    "malformed_request",
    "pipeline_too_deep",
    "unread_response",
    "unsupported_protocol",
)
"""Why a connection was closed before a request of it reached the application."""
REPLACEMENT_REASONS: tuple[Reason, ...] = get_args(Reason)
NO_VARIANT = "none"
"""Value of the variant label for requests that were refused before a variant was chosen."""

LATENCY_BUCKETS = (
    *(50e-6, 100e-6, 200e-6, 500e-6, 1e-3, 2e-3, 5e-3, 10e-3),
    *(25e-3, 50e-3, 100e-3, 250e-3, 500e-3, 1.0, 2.5),
)
"""Seconds; 10 ms is the service-level objective."""
STAGE_BUCKETS = LATENCY_BUCKETS[::2]
"""Stages have no objective, only each other to compare with: half of the buckets suffice."""

# If the chosen variant fails and the reference answers, the request counts once for each of them.
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
UNSURE = Counter("emotion_unsure_texts_total", "Texts that a variant was unsure of.", ["variant"])
PREDICTIONS = Counter("emotion_predictions_total", "Labels given.", ["variant", "label"])
# tp: given and true, fp: given and not true, fn: true and not given.
FEEDBACK = Counter(
    "emotion_feedback_total",
    "Labels against the truth: tp, fp or fn.",
    ["variant", "label", "result"],
)
FEEDBACK_TEXTS = Counter("emotion_feedback_texts_total", "Texts with feedback.", ["variant"])
FEEDBACK_UNSURE = Counter(
    "emotion_feedback_unsure_texts_total",
    "Texts with feedback that the variant was unsure of.",
    ["variant"],
)
# `kept` pairs of logits and labels, `dropped` for newer ones, and `failed` to be written.
FEEDBACK_PAIRS = Counter(
    "emotion_feedback_pairs_total",
    "Judged texts on disk, without the text.",
    ["variant", "event"],
)
FEEDBACK_DAMAGED = Counter(
    "emotion_feedback_damaged_total", "Damaged files of judged texts, put aside."
)
# `agree`, `disagree` and `unsure` (one of both did not answer) count texts; `failed` and `dropped`
# (the queue was full) count requests.
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
ADMIN_REFUSED = Counter(
    "emotion_admin_refused_total", "Admin calls with a wrong token, or without one."
)
# `invalid`: no policy; `unresolvable`: no variant that it names can answer.
POLICY_REJECTED = Counter(
    "emotion_policy_rejected_total", "Versions of the policy file that were not used.", ["reason"]
)
POLICY_STALE = Gauge(
    "emotion_policy_stale",
    "1 while the policy file on disk is not in force.",
    multiprocess_mode="livemax",
)
UNANSWERED = Counter("emotion_unanswered_total", "Requests that no variant could answer.")
WORKERS_REPLACED = Counter(
    "emotion_workers_replaced_total", "Workers that ended or were stuck.", ["reason"]
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
# 0 if the variant is unloaded or its file cannot be used.
VARIANT_UP = Gauge(
    "emotion_variant_up",
    "1 if the variant can answer.",
    ["variant"],
    multiprocess_mode="livemin",
)
VARIANT_STALE = Gauge(
    "emotion_variant_stale",
    "1 while an earlier file than the one on disk answers.",
    ["variant"],
    multiprocess_mode="livemax",
)
VARIANT_REJECTED = Counter(
    "emotion_variant_rejected_total", "Files that could not be used.", ["variant"]
)
FOLDER_UP = Gauge(
    "emotion_variants_folder_up",
    "1 if the variants folder has variant files.",
    multiprocess_mode="livemin",
)
SPLIT = Gauge(
    "emotion_split_ratio",
    "Share of keys that the policy gives to a variant.",
    ["variant"],
    multiprocess_mode="mostrecent",
)
METRICS_ERRORS = Counter(
    "emotion_metrics_file_errors_total", "Files of shared metrics that could not be used."
)
PROCESS_RESIDENT_BYTES = Gauge(
    "emotion_process_resident_bytes",
    "Resident memory of a worker.",
    multiprocess_mode="liveall",
)

VARIANT_SERIES: Mapping[Counter | Histogram, tuple[str, ...]] = {
    REQUESTS: ("assignment", "outcome"),
    REQUEST_SECONDS: (),
    STAGE_SECONDS: ("stage",),
    TEXTS: (),
    UNSURE: (),
    PREDICTIONS: ("label",),
    FEEDBACK: ("label", "result"),
    FEEDBACK_TEXTS: (),
    FEEDBACK_UNSURE: (),
    FEEDBACK_PAIRS: ("event",),
    VARIANT_REJECTED: (),
}
"""Metrics whose series exist at zero for each variant, with their labels after `variant`."""

OF_VARIANTS: tuple[Counter | Gauge | Histogram, ...] = (
    *VARIANT_SERIES,
    *(SHADOW, SHADOW_DISTANCE),
    *(RESIDENT_BYTES, FILE_BYTES, QUALITY, INFO, VARIANT_UP, VARIANT_STALE, SPLIT),
)
"""Metrics with a label `variant`, whose series are dropped when a variant is forgotten."""

ALL: tuple[Counter | Gauge | Histogram, ...] = (
    *OF_VARIANTS,
    *(SHED, ADMIN_REFUSED, UNANSWERED, POLICY_REJECTED, POLICY_STALE, FOLDER_UP),
    *(FEEDBACK_DAMAGED, WORKERS_REPLACED, METRICS_ERRORS, PROCESS_RESIDENT_BYTES),
)
"""All metrics, in the order in which `/metrics` shows them."""
