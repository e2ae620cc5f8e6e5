"""What the service takes: image bytes, time to start, memory by process and by variant, and speed.

`make footprint` runs it; wrk must be installed. Beside the service stands a bare Starlette endpoint
that classifies with one variant. With `--image`, the service is also started from its container
image, by docker or podman (as root, who may read the memory of others' processes) or by buildah.
"""

import argparse
import os
import secrets
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import psutil

from benchmarks.harness.pages import conditions, parser_of, require_wrk, write
from benchmarks.harness.server import ROOT, run_server
from benchmarks.harness.wrk import wrk
from benchmarks.soak import samples
from benchmarks.throughput import SCRIPT, TEXT, answers
from edgemood import Artifact

SHIPPED = ROOT / "variants"
VARIANT = "apot-kd"
COPIES = 100
OURS, BARE, IMAGE = "edgemood", "bare Starlette", "edgemood, from its image"
MARK = "EDGEMOOD_FOOTPRINT"
"""A variable whose value tells a server's processes from all others."""
POLL_S = 0.02
SETTLE_S = 1.0
CONNECTIONS = 16
BUILDERS = ("docker", "podman", "buildah")


def main() -> int:
    """Measure, print and write."""
    parser = parser_of(__doc__, name="footprint")
    parser.add_argument("--image", help="name of the container image, where there is one")
    parser.add_argument("--builder", choices=BUILDERS, default="docker", help="that has the image")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=4, help="of each measurement of speed")
    options = parser.parse_args()
    require_wrk()
    cores = sorted(os.sched_getaffinity(0))
    with tempfile.TemporaryDirectory(prefix="edgemood-footprint-") as name:
        results = measured(Path(name), options, cores)
    write(results, table, folder=options.out, name="footprint")
    return 0


def measured(folder: Path, options: argparse.Namespace, cores: list[int]) -> dict:
    """All figures."""
    sides = (OURS, BARE, *((IMAGE,) if options.image else ()))
    starts: dict[str, list[float]] = {side: [] for side in sides}
    held: dict[str, list[dict[str, dict[str, float]]]] = {side: [] for side in sides}
    speeds: dict[str, list[float]] = {side: [] for side in sides}
    script = folder / "post.lua"
    script.write_text(SCRIPT % TEXT)
    for repeat in range(options.repeats):
        for side in sides:
            own = folder / f"{side.replace(' ', '-').replace(',', '')}-{repeat}"
            with started(side, own, options, cores[0], SHIPPED) as (url, seconds, mark):
                starts[side].append(seconds)
                time.sleep(SETTLE_S)
                held[side].append(memory(mark))
                wrk(url, script, connections=CONNECTIONS, seconds=1, core=cores[-1])
                load = wrk(
                    url,
                    script,
                    connections=CONNECTIONS,
                    seconds=options.seconds,
                    core=cores[-1],
                )
                speeds[side].append(load["requests"] / load["microseconds"] * 1e6)
            print(
                f"{repeat + 1}/{options.repeats} {side}: ready after {starts[side][-1]:.2f} s,"
                f" {speeds[side][-1]:,.0f} requests/s",
                file=sys.stderr,
            )
    return {
        "conditions": conditions(len(cores), repeats=options.repeats, connections=CONNECTIONS),
        "image": {"size": image_size(options.builder, options.image)} if options.image else None,
        "sides": {
            side: {
                "ready_s": statistics.median(starts[side]),
                "requests_per_s": statistics.median(speeds[side]),
                "processes": medians(held[side]),
            }
            for side in sides
        },
        "by_variants": by_variants(folder, options, cores[0]),
    }


@contextmanager
def started(
    side: str, folder: Path, options: argparse.Namespace, core: int, variants: Path
) -> Iterator[tuple[str, float, str]]:
    """A server: its URL, the seconds it took to be ready, and the mark of its processes."""
    mark = secrets.token_hex(8)
    environment = {
        MARK: mark,
        "EMOTION_VARIANTS": str(variants),
        "OPENBLAS_NUM_THREADS": "1",
        "PYTHONPATH": str(ROOT),
    }
    with command(side, options, mark) as parts:
        before = time.perf_counter()
        with run_server(
            parts,
            folder,
            is_ready=answers if side == BARE else None,
            environment=environment,
            core=core,
            poll_s=POLL_S,
        ) as server:
            seconds = time.perf_counter() - before
            yield server.url, seconds, mark
            for process in marked(mark):  # a container's may outlive the one that started them
                process.terminate()


@contextmanager
def command(side: str, options: argparse.Namespace, mark: str) -> Iterator[Sequence[str]]:
    """How a side is started."""
    if side == OURS:
        yield [options.python, "-m", "service"]
    elif side == BARE:
        server = [options.python, "-m", "uvicorn", "benchmarks.peers.starlette_classifier:app"]
        yield [
            *server,
            *("--port", "{port}", "--loop", "uvloop", "--http", "httptools", "--no-access-log"),
        ]
    else:
        own = {"PORT": "{port}", "EMOTION_HOST": "127.0.0.1", MARK: mark}
        variables = [part for k, v in own.items() for part in ("--env", f"{k}={v}")]
        run = [options.builder, "run", "--network", "host", *variables]
        if options.builder != "buildah":
            yield [*run, "--rm", "--read-only", "--tmpfs", "/tmp", options.image]
            return
        done = subprocess.run(
            ["buildah", "from", "--pull-never", options.image],
            capture_output=True,
            text=True,
            check=True,
        )
        container = done.stdout.strip()
        try:
            yield [*run, container, "--", "python", "-m", "service"]
        finally:
            subprocess.run(["buildah", "rm", container], check=True, stdout=subprocess.DEVNULL)


def marked(mark: str) -> list[psutil.Process]:
    """A server's processes, the first one first."""
    found = []
    for process in psutil.process_iter():
        try:
            program = Path(process.exe()).name.startswith("python")
            if program and process.environ().get(MARK) == mark:
                found.append(process)
        except psutil.Error:
            continue
    return sorted(found, key=lambda process: (process.create_time(), process.pid))


def memory(mark: str) -> dict[str, dict[str, float]]:
    """Resident and proportional bytes of the worker, and of the one that watches over it."""
    processes = marked(mark)
    by_role = dict(zip(("supervisor", "worker"), processes, strict=False))
    if len(processes) == 1:
        by_role = {"worker": processes[0]}
    found = {}
    for role, process in by_role.items():
        full = process.memory_full_info()
        found[role] = {"rss": full.rss, "pss": full.pss}
    return found


def medians(repeats: list[dict[str, dict[str, float]]]) -> dict[str, dict[str, float]]:
    """Of each figure of each process."""
    return {
        role: {
            kind: statistics.median(held[role][kind] for held in repeats) for kind in ("rss", "pss")
        }
        for role in repeats[0]
    }


def by_variants(folder: Path, options: argparse.Namespace, core: int) -> dict[str, dict]:
    """The worker's memory with one variant, all that ship, and many copies of one."""
    artifact = Artifact.open(SHIPPED / f"{VARIANT}.safetensors")
    one, copies, different = (folder / name for name in ("one", "copies", "different"))
    for place in (one, copies, different):
        place.mkdir()
    shutil.copy(SHIPPED / f"{VARIANT}.safetensors", one)
    for name in [f"{VARIANT}-{i:03}" for i in range(COPIES - 1)] + [VARIANT]:
        shutil.copy(SHIPPED / f"{VARIANT}.safetensors", copies / f"{name}.safetensors")
        artifact.with_manifest(name=name).save(different / f"{name}.safetensors")
    found = {}
    for name, variants in (
        (f"{VARIANT} alone", one),
        ("all that ship", SHIPPED),
        (f"{COPIES} copies of {VARIANT}", copies),
        (f"{COPIES} of its kind, no two files alike", different),
    ):
        readings, gauge = [], 0.0
        for repeat in range(3):
            own = folder / f"variants-{len(found)}-{repeat}"
            with started(OURS, own, options, core, variants) as (url, _, mark):
                time.sleep(SETTLE_S)
                readings.append(memory(mark)["worker"]["rss"])
                gauge = resident_bytes(url)
        count = len(list(variants.glob("*.safetensors")))
        found[name] = {"variants": count, "rss": statistics.median(readings), "reported": gauge}
    return found


def resident_bytes(url: str) -> float:
    """What the service says its variants hold."""
    return sum(value for _, value in samples(url, "emotion_variant_resident_bytes"))


def image_size(builder: str, image: str) -> str:
    """As the tool that built it says."""
    done = subprocess.run(
        [builder, "images", "--format", "{{.Size}}", image],
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.strip()


def table(results: dict) -> Iterator[str]:
    """The page."""
    c, sides = results["conditions"], results["sides"]
    yield "# Footprint"
    yield ""
    yield (
        f"Medians of {c['repeats']} starts, the sides in turn; {c['cpu']}, {c['cores']} cores, the"
        f" server on one of them, Python {c['python']}. Speed: `POST /classify` with {VARIANT},"
        f" {c['connections']} connections, one worker. `{BARE}` loads {VARIANT} alone, and has"
        " neither routing nor metrics nor a supervisor."
    )
    if results["image"]:
        yield ""
        yield f"The image has {results['image']['size']}, its base included."
    yield ""
    yield "| | ready after | requests/s | worker RSS | PSS | supervisor RSS | PSS |"
    yield "|---|---:|---:|---:|---:|---:|---:|"
    for name, side in sides.items():
        cells = [f"{side['ready_s']:.2f} s", f"{side['requests_per_s']:,.0f}"]
        for role in ("worker", "supervisor"):
            held = side["processes"].get(role)
            cells += [f"{held[k] / 1e6:.1f} MB" if held else "" for k in ("rss", "pss")]
        yield f"| {name} | {' | '.join(cells)} |"
    yield ""
    yield "| loaded | variants | worker RSS | beside one | the service says they hold |"
    yield "|---|---:|---:|---:|---:|"
    one = next(iter(results["by_variants"].values()))["rss"]
    for name, held in results["by_variants"].items():
        yield (
            f"| {name} | {held['variants']} | {held['rss'] / 1e6:.1f} MB"
            f" | {(held['rss'] - one) / 1e6:+.1f} MB | {held['reported'] / 1e6:.2f} MB |"
        )


if __name__ == "__main__":
    sys.exit(main())
