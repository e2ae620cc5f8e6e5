"""A server of its own for each benchmark and load test: a free port, until the block ends."""

import os
import socket
import subprocess
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).parents[2]
LOG = "server.log"
START_S = 90.0


@contextmanager
def running(
    command: Sequence[str],
    folder: Path,
    *,
    answers: Callable[[str], bool] | None = None,
    environment: Mapping[str, str] | None = None,
    poll_s: float = 0.2,
) -> Iterator[str]:
    """Start a server and give its URL once it answers.

    Args:
        command: `{port}` in it becomes the port, which is also `PORT` in the environment.
        folder: for the log, the state and BentoML's own files.
        answers: whether the server at a URL does; `ready` where left out.
        environment: variables besides.
        poll_s: how often it is asked whether it answers.
    """
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    folder.mkdir(parents=True, exist_ok=True)
    own = {
        "PORT": str(port),
        "EMOTION_STATE": str(folder / "state"),
        "BENTOML_HOME": str(folder / "bentoml"),
        "BENTOML_DO_NOT_TRACK": "True",
        **(environment or {}),
    }
    log = folder / LOG
    with log.open("wb") as out:
        process = subprocess.Popen(
            [part.format(port=port) for part in command],
            cwd=ROOT,
            env={**os.environ, **own},
            stdout=out,
            stderr=subprocess.STDOUT,
        )
    try:
        url = f"http://127.0.0.1:{port}"
        deadline = time.monotonic() + START_S
        while not (answers or ready)(url):
            if process.poll() is not None or time.monotonic() > deadline:
                raise SystemExit(f"{' '.join(command)} did not start:\n{log.read_text()}")
            time.sleep(poll_s)
        yield url
    finally:
        process.terminate()
        process.wait(timeout=30)


def ready(url: str) -> bool:
    """Whether the service at a URL says that it can answer."""
    try:
        with urllib.request.urlopen(f"{url}/readyz", timeout=2) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False
