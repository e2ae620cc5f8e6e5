"""Requests a second of `POST /classify`, beside a bare Starlette endpoint and BentoML's defaults.

`make bench-service` runs it; wrk must be installed. Servers of one worker each answer the same
request in turn, many times over, so that a slow spell of the machine meets all of them; where there
are two cores or more, servers have one and wrk another. The figures are medians.
"""

import argparse
import json
import os
import statistics
import sys
import tempfile
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

from benchmarks.harness.pages import conditions, parser_of, require_wrk, write
from benchmarks.harness.server import ROOT, run_server
from benchmarks.harness.wrk import wrk

VARIANT = "apot-kd"
TEXT = "I really did not see that coming, what a lovely surprise from all of you!"
OURS, BARE, DEFAULT = "edgemood", "starlette", "bentoml"
SIDES = {
    BARE: "does all that the service does for a request in a bare Starlette endpoint, but has no"
    " bounds, no cap and no errors of its own; with uvloop and httptools",
    OURS: "is the service, answering ahead of BentoML's middleware",
    DEFAULT: "does the same on BentoML's default path, as BentoML installs: without uvloop and"
    " httptools",
    "bentoml, uvloop": "is that with both installed",
    "model only": "is a bare Starlette endpoint that classifies, and leaves out routing, metrics"
    " and receipts",
}
NOT_INSTALLED = ("uvloop", "httptools")
ENVIRONMENT = {
    "EMOTION_VARIANTS": str(ROOT / "variants"),
    "EMOTION_MAX_CONCURRENCY": "1024",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
}

SCRIPT = """
wrk.method = "POST"
wrk.headers["Content-Type"] = "application/json"
wrk.body = '{"text": "%s"}'
"""


def main() -> int:
    """Measure, print a table and write both forms of it."""
    parser = parser_of(__doc__, name="results")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=5, help="of each measurement")
    parser.add_argument("--connections", type=int, nargs="+", default=[16, 64])
    options = parser.parse_args()
    require_wrk()
    cores = sorted(os.sched_getaffinity(0))
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="edgemood-bench-")))
        script = folder / "post.lua"
        script.write_text(SCRIPT % TEXT)
        urls = {
            name: stack.enter_context(
                run_server(
                    command,
                    folder / name,
                    is_ready=answers,
                    environment=ENVIRONMENT | environment(name, folder),
                    core=cores[0],
                )
            ).url
            for name, command in commands(options.python).items()
        }
        runs: dict[str, dict[str, list[dict[str, float]]]] = {}
        for url in urls.values():
            wrk(url, script, connections=16, seconds=2, core=cores[-1])  # warm
        check(urls)
        for repeat in range(options.repeats):
            for connections in options.connections:
                for name, url in urls.items():
                    found = wrk(
                        url,
                        script,
                        connections=connections,
                        seconds=options.seconds,
                        core=cores[-1],
                    )
                    if found["status"] or (name == OURS and found["other"]):
                        raise SystemExit(f"{name} failed requests: {found}")
                    runs.setdefault(str(connections), {}).setdefault(name, []).append(found)
                    rate = found["requests"] / found["microseconds"] * 1e6
                    print(
                        f"{repeat + 1}/{options.repeats} {connections:>3} connections {name:<16}"
                        f"{rate:>8,.0f}/s p99 {found['p99'] / 1000:.2f} ms",
                        file=sys.stderr,
                    )
    results = summary(runs, options, cores)
    write(results, table, folder=options.out, name="results")
    return 0


def commands(python: str) -> dict[str, list[str]]:
    """How each side is started."""

    def uvicorn(app: str) -> list[str]:
        server = [python, "-m", "uvicorn", f"benchmarks.peers.{app}:app", "--port", "{port}"]
        return [*server, *("--loop", "uvloop", "--http", "httptools", "--no-access-log")]

    bentoml = [python, "-m", "bentoml", "serve", "benchmarks.peers.bentoml_default:Plain"]
    return {
        BARE: uvicorn("starlette_service"),
        OURS: [python, "-m", "service"],
        DEFAULT: [*bentoml, "--port", "{port}"],
        "bentoml, uvloop": [*bentoml, "--port", "{port}"],
        "model only": uvicorn("starlette_classifier"),
    }


def environment(name: str, folder: Path) -> dict[str, str]:
    """What a side needs besides."""
    if name == DEFAULT:
        absent = folder / "absent"
        absent.mkdir()
        for module in NOT_INSTALLED:
            (absent / f"{module}.py").write_text("raise ImportError\n")
        return {"PYTHONPATH": f"{absent}{os.pathsep}{ROOT}"}
    if name == BARE:  # BentoML's servers set this themselves
        metrics = folder / "metrics"
        metrics.mkdir()
        return {"PYTHONPATH": str(ROOT), "PROMETHEUS_MULTIPROC_DIR": str(metrics)}
    return {"PYTHONPATH": str(ROOT)}


def ask(url: str) -> bytes:
    """One answer."""
    request = urllib.request.Request(
        f"{url}/classify", json.dumps({"text": TEXT}).encode(), {"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=5) as answer:
        body: bytes = answer.read()
        return body


def answers(url: str) -> bool:
    """Whether there is one."""
    try:
        ask(url)
    except OSError:
        return False
    return True


def check(urls: dict[str, str]) -> None:
    """All sides must say the same of the text."""
    found = {name: json.loads(ask(url))["results"] for name, url in urls.items()}
    if len({json.dumps(results, sort_keys=True) for results in found.values()}) != 1:
        raise SystemExit(f"the sides do not agree: {found}")


def summary(
    runs: dict[str, dict[str, list[dict[str, float]]]],
    options: argparse.Namespace,
    cores: list[int],
) -> dict[str, object]:
    """Medians, and ratios to the bare endpoint."""
    by_connections = {}
    for connections, sides in runs.items():
        median = {
            name: {
                "requests_per_s": statistics.median(
                    r["requests"] / r["microseconds"] * 1e6 for r in repeats
                ),
                "p50_ms": statistics.median(r["p50"] for r in repeats) / 1000,
                "p99_ms": statistics.median(r["p99"] for r in repeats) / 1000,
            }
            for name, repeats in sides.items()
        }
        for side in median.values():
            for other in (BARE, DEFAULT):
                rate = median[other]["requests_per_s"]
                side[f"rate_beside_{other}"] = side["requests_per_s"] / rate
            side[f"p99_beside_{BARE}"] = side["p99_ms"] / median[BARE]["p99_ms"]
        by_connections[connections] = median
    return {
        "conditions": conditions(
            len(cores),
            pinned_apart=len(cores) > 1,
            repeats=options.repeats,
            seconds=options.seconds,
            variant=VARIANT,
            text_characters=len(TEXT),
        ),
        "by_connections": by_connections,
        "runs": runs,
    }


def table(results: dict) -> Iterator[str]:
    """The page."""
    c = results["conditions"]
    yield "# One worker's requests a second"
    yield ""
    yield (
        f"`POST /classify` with one text of {c['text_characters']} characters, answered by"
        f" {c['variant']}. Medians of {c['repeats']} runs of {c['seconds']} s, the sides in turn;"
        f" {c['cpu']}, {c['cores']} cores, server and wrk"
        f" {'on one core each' if c['pinned_apart'] else 'on the same core'}, Python {c['python']}."
    )
    yield ""
    for name, what in SIDES.items():
        yield f"* `{name}` {what}."
    yield ""
    beside = f"beside {BARE} | beside {DEFAULT}"
    yield f"| connections | side | requests/s | {beside} | p50 | p99 | p99 beside {BARE} |"
    yield "|---:|---|---:|---:|---:|---:|---:|---:|"
    for connections, sides in results["by_connections"].items():
        for name, m in sides.items():
            yield (
                f"| {connections} | {name} | {m['requests_per_s']:,.0f}"
                f" | {m[f'rate_beside_{BARE}']:.2f} | {m[f'rate_beside_{DEFAULT}']:.2f}"
                f" | {m['p50_ms']:.2f} ms | {m['p99_ms']:.2f} ms | {m[f'p99_beside_{BARE}']:.2f} |"
            )


if __name__ == "__main__":
    sys.exit(main())
