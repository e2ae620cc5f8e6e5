"""Thousands of generated requests, good and bad, against the service and its own API document.

`make fuzz` runs it. Every check of schemathesis is on: no 5xx, no undocumented status, no answer
that is not as its schema says, nothing accepted that the document forbids, nothing refused that it
allows.
Admin calls carry the token; unloading is left out, since a 503 is then the right answer.
"""

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks.harness.server import run_service

SCHEMATHESIS = Path(sys.executable).with_name("schemathesis")
TOKEN = "token-of-this-run"


def main() -> int:
    """Start a server on a free port and a folder of its own, and run schemathesis against it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--serve", required=True, help="python that has the service's packages")
    parser.add_argument("--examples", type=int, default=100, help="a call and phase, at most (100)")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="edgemood-fuzz-") as folder:
        own = {"EMOTION_ADMIN_TOKEN": TOKEN}
        with run_service(Path(folder), python=options.serve, environment=own) as server:
            done = subprocess.run(
                [
                    *(str(SCHEMATHESIS), "run", f"{server.url}/docs.json"),
                    *("--checks", "all", "--continue-on-failure", "--warnings", "off"),
                    *("--exclude-path-regex", "/unload$"),
                    *("--header", f"Authorization: Bearer {TOKEN}"),
                    *("--max-examples", str(options.examples), "--seed", str(options.seed)),
                ],
                cwd=folder,
                check=False,
            )
        log = server.log.read_text()
        if "Traceback" in log or '"trace":' in log:
            print(f"the server's log has a traceback:\n{log}", file=sys.stderr)
            return 1
    return done.returncode


if __name__ == "__main__":
    sys.exit(main())
