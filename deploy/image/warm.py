"""Start the service once while an image is built, so that its byte code ships with it.

The byte code is then compiled again without the times of its sources: copying a folder from one
stage of an image to the next may change them, and Python would compile everything at each start.

The script starts the server itself and shares nothing with benchmarks and tests: neither is part of
the image, and this stage has only the service and the standard library.
"""

import importlib.util
import json
import os
import py_compile
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

START_TIMEOUT_S = 120.0


def main() -> None:
    """Serve two requests, then compile; exit with 1 if the service does not start."""
    _serve_once(_free_port())
    _compile_without_times(Path(sys.prefix), Path.cwd())


def _serve_once(port: int) -> None:
    url = f"http://127.0.0.1:{port}"
    with tempfile.TemporaryDirectory() as folder:
        own = {
            "PORT": str(port),
            "EMOTION_HOST": "127.0.0.1",
            "EMOTION_STATE": f"{folder}/state",
            "BENTOML_HOME": f"{folder}/bentoml",
            "BENTOML_DO_NOT_TRACK": "True",
        }
        server = subprocess.Popen([sys.executable, "-m", "service"], env={**os.environ, **own})
        try:
            _wait_until_ready(server, url)
            request = urllib.request.Request(
                f"{url}/classify",
                json.dumps({"text": "What a lovely surprise!"}).encode(),
                {"Content-Type": "application/json"},
            )
            for call in (request, f"{url}/metrics"):
                with urllib.request.urlopen(call, timeout=10) as response:
                    print(response.status, response.read(300).decode(errors="replace"))
        finally:
            server.terminate()
            server.wait(timeout=60)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_until_ready(server: "subprocess.Popen[bytes]", url: str) -> None:
    deadline = time.monotonic() + START_TIMEOUT_S
    while time.monotonic() < deadline and server.poll() is None:
        try:
            with urllib.request.urlopen(f"{url}/readyz", timeout=2):
                return
        except OSError:
            time.sleep(0.2)
    sys.exit("the service did not start")


def _compile_without_times(*folders: Path) -> None:
    for folder in folders:
        for found in folder.rglob("__pycache__/*.pyc"):
            py_compile.compile(
                importlib.util.source_from_cache(str(found)),
                doraise=True,
                invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH,
            )


if __name__ == "__main__":
    main()
