"""What another caller notices while a service with little memory is under attack.

`make attack` runs it. For each attack a service with one worker starts under a memory limit. During
the attack another caller makes small calls, each on a new connection. The service must not be
killed, must answer the other caller well, and must return the memory.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from benchmarks.attacks.bystander import bystander, classify
from benchmarks.attacks.confinement import Confinement, confined
from benchmarks.attacks.connections import Target
from benchmarks.attacks.kinds import ATTACKS
from benchmarks.harness.benchmark import Benchmark
from benchmarks.harness.conditions import conditions, describe
from benchmarks.harness.cores import Cores
from benchmarks.harness.pages import Results, markdown_table
from benchmarks.harness.server import ROOT, run_server, service_command

MEMORY_MIB = 320
MAX_P99_MS = 100.0
"""Of the other caller's calls during an attack."""
MAX_RECOVERY_S = 2.0
"""From the end of an attack to the first answer for the other caller."""
MAX_KEPT = 1.10
"""Resident memory after the attack, as a ratio to before."""
SETTLE_S = 30.0
"""Within this time, the memory must be back."""
WARM_UP_CALLS = 200
TOKEN = "0123456789-attack-benchmark"


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add duration, memory limit and a choice of attacks."""
    parser.add_argument("--seconds", type=float, default=10, help="duration of each attack")
    parser.add_argument("--memory", type=int, default=MEMORY_MIB, metavar="MIB")
    parser.add_argument("--only", nargs="+", choices=ATTACKS, metavar="ATTACK")


def measure(options: argparse.Namespace) -> Results:
    """Attack a new service in each way."""
    cores = Cores.detect()
    os.sched_setaffinity(0, {cores.client})
    rows = {}
    for name in options.only or ATTACKS:
        with confined(options.memory * 1024 * 1024) as confinement:
            rows[name] = attack(name, confinement, options, cores.server)
            print(f"{name}: {'held' if held(rows[name]) else 'BROKEN'}", file=sys.stderr)
    return {
        "conditions": conditions(cores, seconds=options.seconds, limit=confinement.kind),
        "memory_mib": options.memory,
        "attacks": rows,
    }


def attack(
    name: str, confinement: Confinement, options: argparse.Namespace, core: int
) -> dict[str, Any]:
    """Start a service, attack it, and look at it from the side."""
    environment = {"EMOTION_VARIANTS": str(ROOT / "variants"), "EMOTION_ADMIN_TOKEN": TOKEN}
    with (
        tempfile.TemporaryDirectory(prefix="edgemood-attack-") as folder,
        run_server(
            confinement.wrap(service_command(options.python)),
            Path(folder),
            environment=environment,
            core=core,
        ) as server,
    ):
        url = urlsplit(server.url)
        target = Target(str(url.hostname), int(url.port or 80))
        for _ in range(WARM_UP_CALLS):
            classify(target)
        before = resident_bytes(server.process.pid)
        attacker = _start_attack(name, target, options.seconds)
        with bystander(target) as calls:
            peak = _watch(attacker, server.process.pid)
        end = time.monotonic()
        return {
            **{kind: found.summary() for kind, found in calls.items()},
            "recovery_s": _recovery(target, end),
            "rss_before": before,
            "rss_peak": peak,
            "rss_after": _settled(server.process.pid, before, end),
            "charged_peak": confinement.peak_bytes(),
            "alive": server.process.poll() is None,
        }


def _start_attack(name: str, target: Target, seconds: float) -> subprocess.Popen[bytes]:
    """Attack from a process of its own, so that the attacker delays no call of the other caller."""
    arguments = (name, *map(str, target), str(seconds))
    return subprocess.Popen(
        [sys.executable, "-m", "benchmarks.attacks.kinds", *arguments], cwd=ROOT
    )


def resident_bytes(pid: int) -> int:
    """Resident memory of a process; 0 if it has ended."""
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGESIZE")
    except OSError:
        return 0


def _watch(attacker: subprocess.Popen[bytes], pid: int) -> int:
    peak = 0
    while attacker.poll() is None:
        peak = max(peak, resident_bytes(pid))
        time.sleep(0.02)
    return peak


def _recovery(target: Target, end: float) -> float:
    while classify(target) != "200" and time.monotonic() < end + SETTLE_S:
        time.sleep(0.05)
    return time.monotonic() - end


def _settled(pid: int, before: int, end: float) -> int:
    while (after := resident_bytes(pid)) > MAX_KEPT * before and time.monotonic() < end + SETTLE_S:
        time.sleep(0.5)
    return after


def held(row: dict[str, Any]) -> bool:
    """Whether the service came through an attack as it must."""
    return (
        row["alive"]
        and all(row[kind]["p99_ms"] < MAX_P99_MS for kind in ("livez", "classify"))
        and all(set(row[kind]["outcomes"]) == {"200"} for kind in ("livez", "classify"))
        and row["recovery_s"] <= MAX_RECOVERY_S
        and row["rss_after"] <= MAX_KEPT * row["rss_before"]
    )


def page(results: Results) -> Iterator[str]:
    """The Markdown page."""
    found = results["conditions"]
    yield "# Attacks"
    yield ""
    yield (
        f"A service with one worker, six variants and {results['memory_mib']} MiB of memory"
        f" ({found['limit']}) is attacked for {found['seconds']:g} s in each way, while another"
        " caller makes small calls of `/livez` and `/classify`, each on a new connection."
        f" Conditions: {describe(found, 'service on one core, attacker and caller on another')}."
    )
    yield ""
    yield from markdown_table(
        [
            *("attack", "calls of the other caller", "not 200", "p99 `/livez`"),
            *("p99 `/classify`", "recovery", "memory before, peak, after", ""),
        ],
        [_row(name, row) for name, row in results["attacks"].items()],
        align="lrrrrrrl",
    )
    yield ""
    yield (
        f"An attack is held if the service lives, every call of the other caller is answered"
        f" with 200, their p99 is below {MAX_P99_MS:g} ms, a call is answered within"
        f" {MAX_RECOVERY_S:g} s after the end, and resident memory is within"
        f" {MAX_KEPT - 1:.0%} of before {SETTLE_S:g} s later."
    )
    yield ""
    for name in results["attacks"]:
        yield f"* {name}: {_described(name)}"


def _row(name: str, row: dict[str, Any]) -> list[str]:
    kinds = (row["livez"], row["classify"])
    memory = [f"{row[key] / 1e6:.0f}" for key in ("rss_before", "rss_peak", "rss_after")]
    return [
        name,
        f"{sum(kind['calls'] for kind in kinds):,}",
        str(sum(n for kind in kinds for what, n in kind["outcomes"].items() if what != "200")),
        *(f"{kind['p99_ms']:.1f} ms" for kind in kinds),
        f"{row['recovery_s'] * 1000:.0f} ms",
        f"{', '.join(memory)} MB",
        "held" if held(row) else "broken",
    ]


def _described(name: str) -> str:
    """The first line of an attack's docstring, as the rest of a sentence."""
    text = (ATTACKS[name].__doc__ or "").splitlines()[0] if name in ATTACKS else name
    return text[:1].lower() + text[1:]


BENCHMARK = Benchmark(
    name="attack",
    description=__doc__,
    add_options=add_options,
    measure=measure,
    page=page,
    passed=lambda results: all(map(held, results["attacks"].values())),
    programs=("taskset", "prlimit"),
)

if __name__ == "__main__":
    sys.exit(BENCHMARK.main())
