"""Starts the service of the folder it runs in, has one answer of it, and stops it again.

What byte code that leaves is made to hold whatever times its sources have: copying a folder from
one stage of an image to the next may change them, and Python would compile all of it at each start.
"""

import importlib.util
import json
import os
import py_compile
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

PORT = 39_417
START_S = 120.0


def main() -> None:
    """Exit with 1 where the service does not answer."""
    with tempfile.TemporaryDirectory() as folder:
        own = {
            "PORT": str(PORT),
            "EMOTION_HOST": "127.0.0.1",
            "EMOTION_STATE": f"{folder}/state",
            "BENTOML_HOME": f"{folder}/bentoml",
            "BENTOML_DO_NOT_TRACK": "True",
        }
        server = subprocess.Popen([sys.executable, "-m", "service"], env={**os.environ, **own})
        try:
            _wait(server)
            request = urllib.request.Request(
                f"http://127.0.0.1:{PORT}/classify",
                json.dumps({"text": "What a lovely surprise!"}).encode(),
                {"Content-Type": "application/json"},
            )
            for call in (request, f"http://127.0.0.1:{PORT}/metrics"):
                with urllib.request.urlopen(call, timeout=10) as answer:
                    print(answer.status, answer.read(300).decode(errors="replace"))
        finally:
            server.terminate()
            server.wait(timeout=60)
    for folder in (Path(sys.prefix), Path.cwd()):
        for found in folder.rglob("__pycache__/*.pyc"):
            py_compile.compile(
                importlib.util.source_from_cache(str(found)),
                doraise=True,
                invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH,
            )


def _wait(server: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + START_S
    while time.monotonic() < deadline and server.poll() is None:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{PORT}/readyz", timeout=2):
                return
        except OSError:
            time.sleep(0.2)
    sys.exit("the service did not start")


if __name__ == "__main__":
    main()
