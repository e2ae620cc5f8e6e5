"""Latency of accepted requests with ten times as many clients as the service admits.

`make overload` runs it. Each client keeps one connection and sends its next request as soon as it
has a response, even after a 429: the worst behaviour of clients that ignore `Retry-After`. The
phases are one client, as many clients as the concurrency limit, ten times as many, and one client
again. The server has one core and the clients have another.
"""

import argparse
import os
import statistics
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from benchmarks.harness.benchmark import Benchmark
from benchmarks.harness.closed_loop import Response, run_clients
from benchmarks.harness.conditions import conditions, describe
from benchmarks.harness.cores import Cores
from benchmarks.harness.pages import Results, markdown_table
from benchmarks.harness.server import ROOT, run_service
from benchmarks.harness.workload import TEXT

OVERLOAD = 10
"""Clients per request that the service admits at once."""
LIMITS = (1, 4, 64)
"""Concurrency limits, up to the service's default."""
WARM_UP_S, RECOVERY_S = 2, 5
RECOVERED_WITHIN_S = 1.0
RECOVERED_RESPONSES = 50
"""The service has recovered when this many responses in a row are accepted and fast."""
FAST = 3.0
"""A response is fast if it takes at most this many times the p99 of one client."""


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the duration and the limits."""
    parser.add_argument("--seconds", type=float, default=20, help="duration of each phase")
    parser.add_argument("--limits", type=int, nargs="+", default=list(LIMITS), metavar="N")


def measure(options: argparse.Namespace) -> Results:
    """Measure a service with each concurrency limit."""
    cores = Cores.detect()
    os.sched_setaffinity(0, {cores.client})
    return {
        "conditions": conditions(cores, seconds=options.seconds, text_characters=len(TEXT)),
        "caps": [measure_limit(limit, options, cores.server) for limit in options.limits],
    }


def measure_limit(limit: int, options: argparse.Namespace, core: int) -> dict[str, Any]:
    """Start a service with one concurrency limit and run all phases."""
    environment = {
        "EMOTION_VARIANTS": str(ROOT / "variants"),
        "EMOTION_MAX_CONCURRENCY": str(limit),
    }
    with (
        tempfile.TemporaryDirectory(prefix="edgemood-overload-") as folder,
        run_service(
            Path(folder), python=options.python, environment=environment, core=core
        ) as server,
    ):
        return {"cap": limit, **run_phases(server.url, limit, options.seconds)}


def run_phases(url: str, limit: int, seconds: float) -> dict[str, Any]:
    """Warm up, then measure one client, full load, overload, and the recovery."""
    run_clients(url, 1, WARM_UP_S)
    alone = run_clients(url, 1, seconds)
    full = run_clients(url, limit, seconds)
    over = run_clients(url, OVERLOAD * limit, seconds)
    end = time.perf_counter()
    after = run_clients(url, 1, RECOVERY_S)
    fast_s = FAST * percentile(accepted_latencies(alone), 99)
    phases = {"alone": alone, "full": full, "over": over}
    return {
        **{name: summarize(responses) for name, responses in phases.items()},
        **judge_overload(over, recovered_at(after, fast_s) - end),
    }


def judge_overload(over: Sequence[Response], recovered_s: float) -> dict[str, Any]:
    """Whether every response was a 200 or a 429 with `Retry-After`, and the recovery was fast."""
    statuses = Counter(response.status for response in over)
    without = sum(r.status == 429 and not r.has_retry_after for r in over)
    return {
        "statuses": dict(statuses),
        "refused_without_retry_after": without,
        "recovered_s": recovered_s,
        "orderly": set(statuses) <= {200, 429}
        and without == 0
        and recovered_s <= RECOVERED_WITHIN_S,
    }


def recovered_at(responses: Sequence[Response], fast_s: float) -> float:
    """When the first of many accepted, fast responses in a row came; else the last response."""
    good = [response.status == 200 and response.latency_s <= fast_s for response in responses]
    for i, response in enumerate(responses):
        if all(good[i : i + RECOVERED_RESPONSES]):
            return response.received_at
    return responses[-1].received_at


def accepted_latencies(responses: Sequence[Response]) -> list[float]:
    """Seconds, of responses with status 200."""
    return [response.latency_s for response in responses if response.status == 200]


def percentile(values: Sequence[float], percent: int) -> float:
    """The percentile of at least two values, interpolated linearly."""
    return statistics.quantiles(values, n=100, method="inclusive")[percent - 1]


def summarize(responses: Sequence[Response]) -> dict[str, float]:
    """Throughput of all and of accepted requests, and latencies of accepted ones."""
    accepted = accepted_latencies(responses)
    start = min(response.received_at - response.latency_s for response in responses)
    span = max(response.received_at for response in responses) - start
    return {
        "answers_per_s": len(responses) / span,
        "let_in_per_s": len(accepted) / span,
        "p50_ms": percentile(accepted, 50) * 1000,
        "p99_ms": percentile(accepted, 99) * 1000,
    }


def page(results: Results) -> Iterator[str]:
    """The Markdown page."""
    found = results["conditions"]
    yield f"# Overload: {OVERLOAD} times as many clients as the service admits"
    yield ""
    yield (
        f"Each client sends `POST /classify` with one text of {found['text_characters']}"
        " characters, and sends its next request as soon as it has a response, even after a 429."
        f" The service has one worker and a concurrency limit; each phase lasts"
        f" {found['seconds']:g} s. Latencies are those of accepted requests. Conditions:"
        f" {describe(found, 'server and clients on one core each')}."
    )
    yield ""
    yield from markdown_table(
        ["limit", "clients", "accepted/s", "rejected/s", "p50", "p99", "p99 × one client's"],
        [row for part in results["caps"] for row in phase_rows(part)],
        align="rrrrrrr",
    )
    yield ""
    for part in results["caps"]:
        yield f"* {describe_overload(part)}"


def phase_rows(part: dict[str, Any]) -> Iterator[list[str]]:
    """One row for each phase of one limit."""
    limit, alone = part["cap"], part["alone"]["p99_ms"]
    for clients, phase in ((1, "alone"), (limit, "full"), (OVERLOAD * limit, "over")):
        found = part[phase]
        yield [
            *(str(limit), str(clients), f"{found['let_in_per_s']:,.0f}"),
            f"{found['answers_per_s'] - found['let_in_per_s']:,.0f}",
            *(f"{found['p50_ms']:.2f} ms", f"{found['p99_ms']:.2f} ms"),
            f"{found['p99_ms'] / alone:.1f}",
        ]


def describe_overload(part: dict[str, Any]) -> str:
    """The statuses of the overload and the time of the recovery."""
    statuses = ", ".join(f"{n:,} × {status}" for status, n in sorted(part["statuses"].items()))
    return (
        f"Limit {part['cap']}, {OVERLOAD * part['cap']} clients: {statuses};"
        f" {part['refused_without_retry_after']} rejections without `Retry-After`. After the"
        f" overload, latency was back to normal within {part['recovered_s'] * 1000:.0f} ms."
    )


BENCHMARK = Benchmark(
    name="overload",
    description=__doc__,
    add_options=add_options,
    measure=measure,
    page=page,
    passed=lambda results: all(part["orderly"] for part in results["caps"]),
    programs=("taskset",),
)

if __name__ == "__main__":
    sys.exit(BENCHMARK.main())
