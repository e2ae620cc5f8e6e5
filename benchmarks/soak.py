"""Whether one worker's memory stays what it is: half an hour of full load, and its resident bytes.

`make soak` runs it; wrk must be installed. As many connections as the worker holds ask without a
pause, for every variant in turn and for texts of different lengths, one by one and in batches. The
worker's own `emotion_process_resident_bytes` is read every few seconds.
"""

import argparse
import json
import os
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

from prometheus_client.parser import text_string_to_metric_families

from benchmarks.harness.pages import conditions, parser_of, require_wrk, write
from benchmarks.harness.server import ROOT, run_service
from benchmarks.harness.wrk import wrk

CONNECTIONS = 64
WORDS = "I really did not see that coming what a lovely surprise from all of you thanks".split()
LENGTHS = (1, 3, 5, 8, 12, 16, 24, 40, 90)
EVERY_S = 5.0
SETTLED_S = 60.0
"""What memory is compared with is read after this long."""
WITHIN = 0.10

SCRIPT = """
wrk.method = "POST"
wrk.headers["Content-Type"] = "application/json"
local bodies = {%s}
local i = 0
request = function()
  i = i %% #bodies + 1
  return wrk.format(nil, nil, nil, bodies[i])
end
"""


def main() -> int:
    """Load, watch, and write what was seen; exit with 1 where memory grew or a request failed."""
    parser = parser_of(__doc__, name="soak")
    parser.add_argument("--minutes", type=float, default=30)
    options = parser.parse_args()
    require_wrk()
    cores = sorted(os.sched_getaffinity(0))
    with tempfile.TemporaryDirectory(prefix="edgemood-soak-") as name:
        folder = Path(name)
        script = folder / "post.lua"
        script.write_text(SCRIPT % ", ".join(f"'{body}'" for body in bodies()))
        environment = {
            "EMOTION_VARIANTS": str(ROOT / "variants"),
            "EMOTION_MAX_CONCURRENCY": str(CONNECTIONS),
        }
        with run_service(
            folder / "server", python=options.python, environment=environment, core=cores[0]
        ) as server:
            readings, load = watched(server.url, script, options.minutes * 60, cores[-1])
            outcomes = requests_by_outcome(server.url)
    results = summary(readings, load, outcomes, options, len(cores))
    write(results, table, folder=options.out, name="soak")
    return 0 if results["held"] else 1


def bodies() -> list[str]:
    """What is asked for, in turn."""
    texts = [" ".join(WORDS[i % len(WORDS)] for i in range(length)) for length in LENGTHS]
    variants = sorted(path.stem for path in (ROOT / "variants").glob("*.safetensors"))
    single = [{"text": text, "variant": variant} for variant in variants for text in texts]
    batches = [{"texts": texts, "variant": variant} for variant in variants]
    routed = [{"text": text, "key": str(i)} for i, text in enumerate(texts)]
    return [json.dumps(body) for body in (*single, *batches, *routed)]


def watched(
    url: str, script: Path, seconds: float, core: int
) -> tuple[list[tuple[float, float]], dict[str, float]]:
    """The load's figures, and (seconds, resident bytes) all along."""
    load: dict[str, float] = {}

    def ask() -> None:
        load.update(wrk(url, script, connections=CONNECTIONS, seconds=seconds, core=core))

    asking = threading.Thread(target=ask)
    started = time.monotonic()
    asking.start()
    readings = []
    while asking.is_alive():
        asking.join(EVERY_S)
        readings.append((time.monotonic() - started, resident_bytes(url)))
        print(f"{readings[-1][0]:7.0f} s {readings[-1][1] / 1e6:8.1f} MB", file=sys.stderr)
    return readings, load


def resident_bytes(url: str) -> float:
    """Of the only worker."""
    return max(value for _, value in samples(url, "emotion_process_resident_bytes"))


def requests_by_outcome(url: str) -> dict[str, int]:
    """Requests since the start."""
    found: dict[str, int] = {}
    for labels, value in samples(url, "emotion_requests_total"):
        found[labels["outcome"]] = found.get(labels["outcome"], 0) + int(value)
    return found


def samples(url: str, name: str) -> Iterator[tuple[dict[str, str], float]]:
    """Of one metric: labels and value."""
    with urllib.request.urlopen(f"{url}/metrics", timeout=30) as answer:
        text = answer.read().decode()
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            if sample.name == name:
                yield sample.labels, sample.value


def summary(
    readings: list[tuple[float, float]],
    load: dict[str, float],
    outcomes: dict[str, int],
    options: argparse.Namespace,
    cores: int,
) -> dict:
    """What was seen."""
    settled = next((held for at, held in readings if at >= SETTLED_S), readings[0][1])
    growth = readings[-1][1] / settled - 1
    failed = outcomes.get("server_error", 0) + load["status"] + load["other"]
    return {
        "conditions": conditions(cores, minutes=options.minutes, connections=CONNECTIONS),
        "requests": load["requests"],
        "requests_per_s": load["requests"] / load["microseconds"] * 1e6,
        "failed": failed,
        "outcomes": outcomes,
        "settled_bytes": settled,
        "highest_bytes": max(held for _, held in readings),
        "last_bytes": readings[-1][1],
        "growth": growth,
        "held": growth <= WITHIN and failed == 0,
        "readings": [[round(at), held] for at, held in readings],
    }


def table(results: dict) -> Iterator[str]:
    """The page."""
    c = results["conditions"]
    yield "# One worker under full load"
    yield ""
    yield (
        f"{c['minutes']:g} minutes, {c['connections']} connections without a pause, every variant"
        f" in turn, texts of 1 to {max(LENGTHS)} words, one by one and in batches of"
        f" {len(LENGTHS)}; {c['cpu']}, {c['cores']} cores, Python {c['python']}."
    )
    yield ""
    yield f"* {results['requests']:,.0f} requests, {results['requests_per_s']:,.0f} a second."
    yield f"* {results['failed']:,.0f} failed."
    yield (
        f"* Resident memory: {results['settled_bytes'] / 1e6:.1f} MB after {SETTLED_S:.0f} s,"
        f" {results['last_bytes'] / 1e6:.1f} MB at the end ({results['growth']:+.1%}),"
        f" {results['highest_bytes'] / 1e6:.1f} MB at most."
    )
    yield ""
    yield "| minute | resident |"
    yield "|---:|---:|"
    for minute in range(0, int(c["minutes"]) + 1, 3):
        at, held = min(results["readings"], key=lambda r: abs(r[0] - max(1, minute * 60)))
        yield f"| {at / 60:.0f} | {held / 1e6:.1f} MB |"


if __name__ == "__main__":
    sys.exit(main())
