"""Footprint of the service: image size, start-up time, memory of each process, and throughput.

`make footprint` runs it; wrk must be installed. A bare Starlette endpoint with one variant is
measured for comparison. With `--image`, the service is also started from its container image: by
docker or podman (as root, to read the memory of the containers' processes) or by buildah.
"""

import argparse
import shutil
import statistics
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.harness import process_memory
from benchmarks.harness.benchmark import Benchmark
from benchmarks.harness.conditions import conditions, describe
from benchmarks.harness.container import ENGINES, container_command, image_size
from benchmarks.harness.cores import Cores
from benchmarks.harness.metrics import read_samples
from benchmarks.harness.pages import Results, markdown_table
from benchmarks.harness.server import ROOT, run_server, service_command
from benchmarks.harness.workload import BODY, VARIANT, can_classify
from benchmarks.harness.wrk import WrkReport, run_wrk
from benchmarks.peers import commands
from edgemood import Artifact

SHIPPED = ROOT / "variants"
COPIES = 100
SERVICE, STARLETTE, IMAGE = "edgemood", "bare Starlette", "edgemood, from its image"
POLL_S = 0.02
"""The resolution of start-up times."""
SETTLE_S = 1.0
"""Between the start and the reading of the memory."""
WARM_UP_S = 1
CONNECTIONS = 16


@dataclass(frozen=True)
class Started:
    """A server that has become ready."""

    url: str
    ready_s: float
    mark: str
    """Of its processes; see `process_memory`."""


@dataclass(frozen=True)
class Reading:
    """The figures of one start of a server."""

    ready_s: float
    memory: process_memory.Memory
    load: WrkReport


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the image, and how often and how long to measure."""
    parser.add_argument("--image", help="name of the container image; without it, none is started")
    parser.add_argument("--builder", choices=ENGINES, default="docker", help="that has the image")
    parser.add_argument("--repeats", type=int, default=5, help="starts of each server")
    parser.add_argument(
        "--variant-repeats", type=int, default=3, help="starts with each folder of variants"
    )
    parser.add_argument("--seconds", type=int, default=4, help="duration of each run of wrk")


def measure(options: argparse.Namespace) -> Results:
    """Measure every server, then the service with several folders of variants."""
    cores = Cores.detect()
    with tempfile.TemporaryDirectory(prefix="edgemood-footprint-") as name:
        folder = Path(name)
        readings = measure_in_rotation(folder, options, cores)
        by_variants = measure_variants(folder, options, cores)
    size = image_size(options.builder, options.image) if options.image else None
    return {
        "conditions": conditions(cores, repeats=options.repeats, connections=CONNECTIONS),
        "image": {"size": size} if size else None,
        "sides": {server: summarize(found) for server, found in readings.items()},
        "by_variants": by_variants,
    }


def measure_in_rotation(
    folder: Path, options: argparse.Namespace, cores: Cores
) -> dict[str, list[Reading]]:
    """Start each server several times."""
    servers = (SERVICE, STARLETTE, *([IMAGE] if options.image else []))
    readings: dict[str, list[Reading]] = defaultdict(list)
    for repeat in range(options.repeats):
        for number, server in enumerate(servers):
            own = folder / f"server-{number}-{repeat}"
            reading = measure_start(server, own, options, cores)
            readings[server].append(reading)
            print(
                f"{repeat + 1}/{options.repeats} {server}: ready after {reading.ready_s:.2f} s,"
                f" {reading.load.requests_per_s:,.0f} requests/s",
                file=sys.stderr,
            )
    return readings


def measure_start(server: str, folder: Path, options: argparse.Namespace, cores: Cores) -> Reading:
    """Start a server once: time, memory before any load, throughput."""

    def load(url: str, seconds: float) -> WrkReport:
        return run_wrk(
            f"{url}/classify", [BODY], connections=CONNECTIONS, seconds=seconds, core=cores.client
        )

    with start(server, folder, options, cores.server) as started:
        time.sleep(SETTLE_S)
        memory = process_memory.read_memory(started.mark)
        load(started.url, WARM_UP_S)
        return Reading(started.ready_s, memory, load(started.url, options.seconds))


@contextmanager
def start(
    server: str, folder: Path, options: argparse.Namespace, core: int, variants: Path = SHIPPED
) -> Iterator[Started]:
    """Run a server until the block ends, and time its start."""
    mark = process_memory.new_mark()
    environment = {
        process_memory.MARK: mark,
        "EMOTION_VARIANTS": str(variants),
        "OPENBLAS_NUM_THREADS": "1",
        "PYTHONPATH": str(ROOT),
    }
    with server_command(server, options, mark) as command:
        before = time.perf_counter()
        with run_server(
            command,
            folder,
            is_ready=can_classify if server == STARLETTE else None,
            environment=environment,
            core=core,
            poll_s=POLL_S,
        ) as process:
            yield Started(process.url, time.perf_counter() - before, mark)
            # The processes of a container may outlive the command that started it.
            for found in process_memory.marked_processes(mark):
                found.terminate()


@contextmanager
def server_command(server: str, options: argparse.Namespace, mark: str) -> Iterator[list[str]]:
    """The command that starts a server."""
    if server == SERVICE:
        yield service_command(options.python)
    elif server == STARLETTE:
        yield commands.uvicorn(options.python, "starlette_classifier")
    else:
        environment = {process_memory.MARK: mark}
        with container_command(options.builder, options.image, environment) as command:
            yield command


def summarize(readings: list[Reading]) -> dict[str, Any]:
    """Medians over the starts of one server."""
    return {
        "ready_s": statistics.median(reading.ready_s for reading in readings),
        "requests_per_s": statistics.median(r.load.requests_per_s for r in readings),
        "processes": process_memory.median_memory([reading.memory for reading in readings]),
    }


def measure_variants(
    folder: Path, options: argparse.Namespace, cores: Cores
) -> dict[str, dict[str, float]]:
    """The worker's resident set size with several folders of variants."""
    found = {}
    for number, (name, variants) in enumerate(variant_folders(folder).items()):
        resident, reported = [], 0.0
        for repeat in range(options.variant_repeats):
            own = folder / f"variants-{number}-{repeat}"
            with start(SERVICE, own, options, cores.server, variants) as started:
                time.sleep(SETTLE_S)
                resident.append(process_memory.read_memory(started.mark)["worker"]["rss"])
                samples = read_samples(started.url, "emotion_variant_resident_bytes")
                reported = sum(value for _, value in samples)
        count = len(list(variants.glob("*.safetensors")))
        found[name] = {
            "variants": count,
            "rss": statistics.median(resident),
            "reported": reported,
        }
    return found


def variant_folders(folder: Path) -> dict[str, Path]:
    """One variant, the shipped ones, copies of one file, and as many files that all differ."""
    source = SHIPPED / f"{VARIANT}.safetensors"
    artifact = Artifact.open(source)
    one, copies, distinct = (folder / name for name in ("one", "copies", "distinct"))
    for made in (one, copies, distinct):
        made.mkdir()
    shutil.copy(source, one)
    for name in [f"{VARIANT}-{i:03}" for i in range(COPIES - 1)] + [VARIANT]:
        shutil.copy(source, copies / f"{name}.safetensors")
        artifact.with_manifest(name=name).save(distinct / f"{name}.safetensors")
    return {
        f"{VARIANT} alone": one,
        "all shipped variants": SHIPPED,
        f"{COPIES} copies of {VARIANT}": copies,
        f"{COPIES} distinct files like {VARIANT}": distinct,
    }


def page(results: Results) -> Iterator[str]:
    """The Markdown page."""
    found = results["conditions"]
    yield "# Footprint"
    yield ""
    yield (
        f"Each figure is the median of {found['repeats']} starts; the servers are measured in"
        f" rotation. Throughput is that of `POST /classify` with `{VARIANT}`,"
        f" {found['connections']} connections and one worker. `{STARLETTE}` loads `{VARIANT}`"
        " alone; it has no routing, no metrics and no supervisor. RSS is the resident set size,"
        " PSS the proportional set size. Conditions:"
        f" {describe(found, 'the server on one of them')}."
    )
    yield ""
    if results["image"]:
        yield f"The image takes {results['image']['size']}, including its base image."
        yield ""
    yield from server_table(results["sides"])
    yield ""
    yield from variants_table(results["by_variants"])


def server_table(servers: dict[str, dict[str, Any]]) -> list[str]:
    """Start-up time, throughput and memory of each server."""
    roles = ("worker", "supervisor")
    header = [f"{role} {kind}" for role in roles for kind in ("RSS", "PSS")]
    return markdown_table(
        ["server", "ready after", "requests/s", *header],
        [
            [
                *(name, f"{found['ready_s']:.2f} s", f"{found['requests_per_s']:,.0f}"),
                *memory_cells(found["processes"], roles),
            ]
            for name, found in servers.items()
        ],
        align="lrrrrrr",
    )


def memory_cells(memory: process_memory.Memory, roles: tuple[str, ...]) -> Iterator[str]:
    """RSS and PSS of each role; empty for a process that a server does not have."""
    for role in roles:
        for kind in ("rss", "pss"):
            yield f"{memory[role][kind] / 1e6:.1f} MB" if role in memory else ""


def variants_table(by_variants: dict[str, dict[str, float]]) -> list[str]:
    """Memory with several folders of variants; the first holds one variant."""
    one = next(iter(by_variants.values()))["rss"]
    return markdown_table(
        ["loaded", "variants", "worker RSS", "above one variant", "reported by the service"],
        [
            [
                *(name, str(found["variants"]), f"{found['rss'] / 1e6:.1f} MB"),
                f"{(found['rss'] - one) / 1e6:+.1f} MB",
                f"{found['reported'] / 1e6:.2f} MB",
            ]
            for name, found in by_variants.items()
        ],
        align="lrrrr",
    )


BENCHMARK = Benchmark(
    name="footprint",
    description=__doc__,
    add_options=add_options,
    measure=measure,
    page=page,
    programs=("wrk", "taskset"),
)

if __name__ == "__main__":
    sys.exit(BENCHMARK.main())
