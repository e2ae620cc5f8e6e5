"""Throughput of `POST /classify`, compared with Starlette and with BentoML's default path.

`make bench-service` runs it; wrk must be installed. Each server has one worker. All servers are
measured in rotation, so that a slow period of the machine affects all of them. On a machine with
several cores, the servers have one core and wrk has another.
"""

import argparse
import json
import os
import statistics
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path

from benchmarks.harness.benchmark import Benchmark
from benchmarks.harness.conditions import conditions, describe
from benchmarks.harness.cores import Cores
from benchmarks.harness.pages import Results, markdown_table
from benchmarks.harness.server import ROOT, run_server, service_command
from benchmarks.harness.workload import BODY, TEXT, VARIANT, can_classify, classify
from benchmarks.harness.wrk import WrkReport, run_wrk
from benchmarks.peers import commands

SERVICE, STARLETTE, BENTOML = "edgemood", "starlette", "bentoml"
BENTOML_UVLOOP, CLASSIFIER = "bentoml, uvloop", "model only"
SERVERS = {
    STARLETTE: "does the same work for a request in a bare Starlette endpoint, under uvicorn with"
    " uvloop and httptools. It has no input limits, no concurrency limit and no error responses",
    SERVICE: "is the service. It responds before BentoML's middleware runs",
    BENTOML: "does the same work on BentoML's default path, with the packages that BentoML"
    " installs: neither uvloop nor httptools",
    BENTOML_UVLOOP: "is `bentoml` with uvloop and httptools installed",
    CLASSIFIER: "is a bare Starlette endpoint that only classifies: no routing, no metrics, no"
    " receipts",
}
ENVIRONMENT = {
    "EMOTION_VARIANTS": str(ROOT / "variants"),
    "EMOTION_MAX_CONCURRENCY": "1024",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "PYTHONPATH": str(ROOT),
}
WARM_UP_CONNECTIONS, WARM_UP_S = 16, 2

Runs = dict[str, dict[str, list[WrkReport]]]
"""Connections -> server -> one report a repeat."""
Urls = dict[str, str]
"""Server -> URL."""


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add how often and how long to measure."""
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=5, help="duration of each run of wrk")
    parser.add_argument("--connections", type=int, nargs="+", default=[16, 64])


def measure(options: argparse.Namespace) -> Results:
    """Start all servers, measure them in rotation, and summarize."""
    cores = Cores.detect()
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="edgemood-throughput-"))
        urls = start_servers(stack, Path(folder), options.python, cores)
        for url in urls.values():
            run(url, WARM_UP_CONNECTIONS, WARM_UP_S, cores)
        require_equal_results({name: classify(url) for name, url in urls.items()})
        runs = measure_in_rotation(urls, options, cores)
    return {
        "conditions": conditions(
            cores,
            pinned_apart=cores.separate,
            repeats=options.repeats,
            seconds=options.seconds,
            variant=VARIANT,
            text_characters=len(TEXT),
        ),
        "by_connections": {connections: summarize(found) for connections, found in runs.items()},
        "runs": {
            connections: {name: [asdict(r) for r in reports] for name, reports in found.items()}
            for connections, found in runs.items()
        },
    }


def start_servers(stack: ExitStack, folder: Path, python: str, cores: Cores) -> Urls:
    """Start every server until the stack closes."""
    return {
        name: stack.enter_context(
            run_server(
                command,
                folder / name,
                is_ready=can_classify,
                environment=ENVIRONMENT | extra_environment(name, folder),
                core=cores.server,
            )
        ).url
        for name, command in server_commands(python).items()
    }


def server_commands(python: str) -> dict[str, list[str]]:
    """Server -> the command that starts it."""
    bentoml = commands.bentoml(python, "bentoml_default:Plain")
    return {
        STARLETTE: commands.uvicorn(python, "starlette_service"),
        SERVICE: service_command(python),
        BENTOML: bentoml,
        BENTOML_UVLOOP: bentoml,
        CLASSIFIER: commands.uvicorn(python, "starlette_classifier"),
    }


def extra_environment(name: str, folder: Path) -> dict[str, str]:
    """Variables of one server alone."""
    if name == BENTOML:
        return {"PYTHONPATH": f"{hide_modules(folder)}{os.pathsep}{ROOT}"}
    return {}


def hide_modules(folder: Path) -> Path:
    """A folder that hides uvloop and httptools from a Python that has it on its path."""
    hidden = folder / "hidden"
    hidden.mkdir()
    for module in ("uvloop", "httptools"):
        (hidden / f"{module}.py").write_text("raise ImportError\n")
    return hidden


def require_equal_results(responses: dict[str, bytes]) -> None:
    """Exit if the servers classify the text differently."""
    results = {name: json.loads(body)["results"] for name, body in responses.items()}
    if len({json.dumps(found, sort_keys=True) for found in results.values()}) != 1:
        raise SystemExit(f"the servers disagree: {results}")


def measure_in_rotation(urls: Urls, options: argparse.Namespace, cores: Cores) -> Runs:
    """Run wrk against each server and number of connections, repeatedly."""
    runs: Runs = {str(n): {name: [] for name in urls} for n in options.connections}
    for repeat in range(options.repeats):
        for connections in options.connections:
            for name, url in urls.items():
                report = run(url, connections, options.seconds, cores)
                require_success(name, report)
                runs[str(connections)][name].append(report)
                print(
                    f"{repeat + 1}/{options.repeats} {connections:>3} connections {name:<16}"
                    f"{report.requests_per_s:>8,.0f}/s p99 {report.p99_us / 1000:.2f} ms",
                    file=sys.stderr,
                )
    return runs


def run(url: str, connections: int, seconds: float, cores: Cores) -> WrkReport:
    """One run of wrk."""
    return run_wrk(
        f"{url}/classify", [BODY], connections=connections, seconds=seconds, core=cores.client
    )


def require_success(name: str, report: WrkReport) -> None:
    """Exit if requests failed; peers may lose connections, the service may not."""
    if report.status_errors or (name == SERVICE and report.socket_errors):
        raise SystemExit(f"{name} failed requests: {report}")


def summarize(runs: dict[str, list[WrkReport]]) -> dict[str, dict[str, float]]:
    """Server -> medians over the repeats, and their ratios to those of two peers."""
    medians = {
        name: {
            "requests_per_s": statistics.median(r.requests_per_s for r in reports),
            "p50_ms": statistics.median(r.p50_us for r in reports) / 1000,
            "p99_ms": statistics.median(r.p99_us for r in reports) / 1000,
        }
        for name, reports in runs.items()
    }
    return {
        name: {
            **own,
            **{
                f"rate_beside_{peer}": own["requests_per_s"] / medians[peer]["requests_per_s"]
                for peer in (STARLETTE, BENTOML)
            },
            f"p99_beside_{STARLETTE}": own["p99_ms"] / medians[STARLETTE]["p99_ms"],
        }
        for name, own in medians.items()
    }


def page(results: Results) -> Iterator[str]:
    """The Markdown page."""
    found = results["conditions"]
    placement = f"server and wrk {'on one core each' if found['pinned_apart'] else 'on one core'}"
    yield "# Throughput of one worker"
    yield ""
    yield (
        f"Each request is a `POST /classify` with one text of {found['text_characters']}"
        f" characters, which `{found['variant']}` classifies. Each figure is the median of"
        f" {found['repeats']} runs of {found['seconds']} s; the servers are measured in rotation."
        f" Conditions: {describe(found, placement)}."
    )
    yield ""
    for name, description in SERVERS.items():
        yield f"* `{name}` {description}."
    yield ""
    yield "The columns marked × give the ratio to the named server's figure."
    yield ""
    yield from markdown_table(
        [
            *("connections", "server", "requests/s", f"× {STARLETTE}", f"× {BENTOML}"),
            *("p50", "p99", f"p99 × {STARLETTE}"),
        ],
        [
            [connections, name, *cells(own)]
            for connections, servers in results["by_connections"].items()
            for name, own in servers.items()
        ],
        align="rlrrrrrr",
    )


def cells(own: dict[str, float]) -> list[str]:
    """The figures of one row."""
    return [
        f"{own['requests_per_s']:,.0f}",
        *(f"{own[f'rate_beside_{peer}']:.2f}" for peer in (STARLETTE, BENTOML)),
        *(f"{own[name]:.2f} ms" for name in ("p50_ms", "p99_ms")),
        f"{own[f'p99_beside_{STARLETTE}']:.2f}",
    ]


BENCHMARK = Benchmark(
    name="results",
    description=__doc__,
    add_options=add_options,
    measure=measure,
    page=page,
    programs=("wrk", "taskset"),
)

if __name__ == "__main__":
    sys.exit(BENCHMARK.main())
