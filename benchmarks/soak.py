"""Memory of one worker during half an hour of full load.

`make soak` runs it; wrk must be installed. As many connections as the worker accepts send requests
without a pause: every variant in rotation, texts of different lengths, single and in batches. The
worker's resident set size is read from `/metrics` every few seconds.
"""

import argparse
import json
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from pathlib import Path

from benchmarks.harness.benchmark import Benchmark
from benchmarks.harness.conditions import conditions, describe
from benchmarks.harness.cores import Cores
from benchmarks.harness.metrics import read_samples
from benchmarks.harness.pages import Results, markdown_table
from benchmarks.harness.server import ROOT, run_service
from benchmarks.harness.wrk import WrkReport, run_wrk

CONNECTIONS = 64
WORDS = "I really did not see that coming what a lovely surprise from all of you thanks".split()
TEXT_LENGTHS = (1, 3, 5, 8, 12, 16, 24, 40, 90)
"""Words a text."""
SAMPLE_INTERVAL_S = 5.0
WARM_UP_S = 60.0
"""Growth is measured from the first reading after this time."""
ACCEPTED_GROWTH = 0.10
MINUTES_A_ROW = 3

Reading = tuple[float, float]
"""Seconds since the start, and resident bytes."""


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the duration."""
    parser.add_argument("--minutes", type=float, default=30)


def measure(options: argparse.Namespace) -> Results:
    """Load one worker and read its memory meanwhile."""
    cores = Cores.detect()
    environment = {
        "EMOTION_VARIANTS": str(ROOT / "variants"),
        "EMOTION_MAX_CONCURRENCY": str(CONNECTIONS),
    }
    with (
        tempfile.TemporaryDirectory(prefix="edgemood-soak-") as folder,
        run_service(
            Path(folder), python=options.python, environment=environment, core=cores.server
        ) as server,
        ThreadPoolExecutor(1) as pool,
    ):
        load = pool.submit(
            run_wrk,
            f"{server.url}/classify",
            request_bodies(),
            connections=CONNECTIONS,
            seconds=options.minutes * 60,
            core=cores.client,
        )
        readings = read_until_done(server.url, load)
        report = load.result()
        outcomes = requests_by_outcome(server.url)
    return {
        "conditions": conditions(cores, minutes=options.minutes, connections=CONNECTIONS),
        **summarize(readings, report, outcomes),
    }


def request_bodies() -> list[str]:
    """Bodies of `POST /classify`: named variants, batches, and keys that the split routes."""
    texts = [" ".join(WORDS[i % len(WORDS)] for i in range(length)) for length in TEXT_LENGTHS]
    variants = sorted(path.stem for path in (ROOT / "variants").glob("*.safetensors"))
    single = [{"text": text, "variant": variant} for variant in variants for text in texts]
    batches = [{"texts": texts, "variant": variant} for variant in variants]
    routed = [{"text": text, "key": str(i)} for i, text in enumerate(texts)]
    return [json.dumps(body) for body in (*single, *batches, *routed)]


def read_until_done(url: str, load: "Future[WrkReport]") -> list[Reading]:
    """Read the worker's memory at intervals until the load ends."""
    start, readings = time.monotonic(), []
    while not load.done():
        wait([load], timeout=SAMPLE_INTERVAL_S)
        readings.append((time.monotonic() - start, resident_bytes(url)))
        print(f"{readings[-1][0]:7.0f} s {readings[-1][1] / 1e6:8.1f} MB", file=sys.stderr)
    return readings


def resident_bytes(url: str) -> float:
    """The resident set size of the only worker."""
    return max(value for _, value in read_samples(url, "emotion_process_resident_bytes"))


def requests_by_outcome(url: str) -> dict[str, int]:
    """Outcome -> requests since the start."""
    counts: Counter[str] = Counter()
    for labels, value in read_samples(url, "emotion_requests_total"):
        counts[labels["outcome"]] += int(value)
    return dict(counts)


def summarize(readings: list[Reading], load: WrkReport, outcomes: dict[str, int]) -> Results:
    """Growth of the memory after the warm-up, and failed requests."""
    settled = next((held for at, held in readings if at >= WARM_UP_S), readings[0][1])
    growth = readings[-1][1] / settled - 1
    failed = outcomes.get("server_error", 0) + load.errors
    return {
        "requests": load.requests,
        "requests_per_s": load.requests_per_s,
        "failed": failed,
        "outcomes": outcomes,
        "settled_bytes": settled,
        "highest_bytes": max(held for _, held in readings),
        "last_bytes": readings[-1][1],
        "growth": growth,
        "held": growth <= ACCEPTED_GROWTH and failed == 0,
        "readings": [[round(at), held] for at, held in readings],
    }


def page(results: Results) -> Iterator[str]:
    """The Markdown page."""
    found = results["conditions"]
    yield "# Memory of one worker under full load"
    yield ""
    yield (
        f"The load lasts {found['minutes']:g} minutes; {found['connections']} connections send"
        " requests without a pause. The requests rotate through every variant, with texts of 1 to"
        f" {max(TEXT_LENGTHS)} words, single and in batches of {len(TEXT_LENGTHS)}. Conditions:"
        f" {describe(found)}."
    )
    yield ""
    yield f"* {results['requests']:,.0f} requests, {results['requests_per_s']:,.0f} per second."
    yield f"* {results['failed']:,.0f} failed."
    yield (
        f"* Resident set size: {results['settled_bytes'] / 1e6:.1f} MB after {WARM_UP_S:.0f} s,"
        f" {results['last_bytes'] / 1e6:.1f} MB at the end ({results['growth']:+.1%}),"
        f" {results['highest_bytes'] / 1e6:.1f} MB at most."
    )
    yield ""
    yield from markdown_table(
        ["minute", "resident set size"],
        memory_rows(results["readings"], found["minutes"]),
        align="rr",
    )


def memory_rows(readings: list[Reading], minutes: float) -> Iterator[list[str]]:
    """The reading nearest to every third minute."""
    for minute in range(0, int(minutes) + 1, MINUTES_A_ROW):
        at, held = min(readings, key=lambda reading: abs(reading[0] - max(1, minute * 60)))
        yield [f"{at / 60:.0f}", f"{held / 1e6:.1f} MB"]


BENCHMARK = Benchmark(
    name="soak",
    description=__doc__,
    add_options=add_options,
    measure=measure,
    page=page,
    passed=lambda results: bool(results["held"]),
    programs=("wrk", "taskset"),
)

if __name__ == "__main__":
    sys.exit(BENCHMARK.main())
