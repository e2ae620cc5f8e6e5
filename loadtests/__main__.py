"""A load test without a UI: `python -m loadtests`, against a running service or one of its own."""

import argparse
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.harness.server import ROOT, run_service


def main() -> int:
    """Run Locust; its exit code says whether all objectives were kept."""
    parser = argparse.ArgumentParser(prog="python -m loadtests", description=__doc__)
    parser.add_argument("--host", help="a running service, such as http://localhost:3000")
    parser.add_argument("--serve", help="without --host: a python that can start one")
    parser.add_argument("--users", type=int, default=20)
    parser.add_argument("--seconds", type=int, default=30)
    parser.add_argument("--out", type=Path, default=Path("build/load"), help="folder for results")
    options, further = parser.parse_known_args()
    if not options.host and not options.serve:
        parser.error("give --host, or --serve with a python that has the service's packages")
    options.out.mkdir(parents=True, exist_ok=True)
    with _host(options) as host:
        done = subprocess.run(
            [
                *(sys.executable, "-m", "locust", "--locustfile", "loadtests/locustfile.py"),
                *("--headless", "--host", host, "--users", str(options.users)),
                *("--spawn-rate", str(options.users), "--run-time", f"{options.seconds}s"),
                *("--csv", str(options.out / "locust"), "--html", str(options.out / "report.html")),
                *("--results", str(options.out), "--only-summary", *further),
            ],
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            check=False,
        )
    print(f"report.html, latency.png and CSVs are in {options.out}")
    return done.returncode


@contextmanager
def _host(options: argparse.Namespace) -> Iterator[str]:
    if options.host:
        yield options.host
        return
    with run_service(options.out / "server", python=options.serve) as server:
        yield server.url


if __name__ == "__main__":
    sys.exit(main())
