"""A load test without a UI: `python -m loadtests`, against a running service or one of its own."""

import argparse
import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path

ROOT = Path(__file__).parents[1]
READY_S = 60.0


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
    place = nullcontext(options.host) if options.host else served(options.serve, options.out)
    with place as host:
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
def served(python: str, out: Path) -> Iterator[str]:
    """A service on a free port, until the block ends."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with (
        tempfile.TemporaryDirectory(prefix="edgemood-load-") as folder,
        (out / "server.log").open("wb") as log,
    ):
        own = {
            "PORT": str(port),
            "EMOTION_STATE": str(Path(folder) / "state"),
            "BENTOML_HOME": str(Path(folder) / "bentoml"),
        }
        process = subprocess.Popen(
            [python, "-m", "service"],
            cwd=ROOT,
            env={**os.environ, **own},
            stdout=log,
            stderr=subprocess.STDOUT,
        )
        try:
            wait_until_ready(f"http://127.0.0.1:{port}", process)
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()
            process.wait(timeout=30)


def wait_until_ready(url: str, process: subprocess.Popen[bytes]) -> None:
    """Return once `/readyz` says so; give up where the process ends or a minute is over."""
    deadline = time.monotonic() + READY_S
    while process.poll() is None and time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(f"{url}/readyz", timeout=2):
                return
        except OSError:
            time.sleep(0.2)
    raise SystemExit("loadtests: the service did not start; its log is server.log")


if __name__ == "__main__":
    sys.exit(main())
