"""Thousands of generated requests, good and bad, against the service and its own API document.

`make fuzz` runs it. Every check of schemathesis is on: no 5xx, no undocumented status, no answer
that is not as its schema says, nothing accepted that the document forbids, nothing refused that it
allows.
Admin calls carry the token; unloading is left out, since a 503 is then the right answer.
"""

import argparse
import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).parents[1]
SCHEMATHESIS = Path(sys.executable).with_name("schemathesis")
TOKEN = "token-of-this-run"
READY_S = 60.0


def main() -> int:
    """Start a server on a free port and a folder of its own, and run schemathesis against it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--serve", required=True, help="python that has the service's packages")
    parser.add_argument("--examples", type=int, default=100, help="a call and phase, at most (100)")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="edgemood-fuzz-") as folder:
        log = Path(folder) / "server.log"
        with served(options.serve, Path(folder), log) as url:
            done = subprocess.run(
                [
                    *(str(SCHEMATHESIS), "run", f"{url}/docs.json"),
                    *("--checks", "all", "--continue-on-failure", "--warnings", "off"),
                    *("--exclude-path-regex", "/unload$"),
                    *("--header", f"Authorization: Bearer {TOKEN}"),
                    *("--max-examples", str(options.examples), "--seed", str(options.seed)),
                ],
                cwd=folder,
                check=False,
            )
        if "Traceback" in log.read_text():
            print(f"the server's log has a traceback:\n{log.read_text()}", file=sys.stderr)
            return 1
    return done.returncode


@contextmanager
def served(python: str, folder: Path, log: Path) -> Iterator[str]:
    """Run the service until the block ends."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    own = {
        "PORT": str(port),
        "EMOTION_STATE": str(folder / "state"),
        "EMOTION_ADMIN_TOKEN": TOKEN,
        "BENTOML_HOME": str(folder / "bentoml"),
    }
    with log.open("wb") as out:
        process = subprocess.Popen(
            [python, "-m", "service"],
            cwd=ROOT,
            env={**os.environ, **own},
            stdout=out,
            stderr=subprocess.STDOUT,
        )
    try:
        url = f"http://127.0.0.1:{port}"
        deadline = time.monotonic() + READY_S
        while not ready(url):
            if process.poll() is not None or time.monotonic() > deadline:
                raise SystemExit(f"the server did not start:\n{log.read_text()}")
            time.sleep(0.2)
        yield url
    finally:
        process.terminate()
        process.wait(timeout=30)


def ready(url: str) -> bool:
    """Whether the service can answer."""
    try:
        with urllib.request.urlopen(f"{url}/readyz", timeout=2) as answer:
            return answer.status == 200
    except OSError:
        return False


if __name__ == "__main__":
    sys.exit(main())
