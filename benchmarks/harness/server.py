"""Start a server process on a free port, wait until it is ready, and stop it.

Benchmarks, load tests and system tests all start their servers here. The module needs the standard
library alone, because each of them runs in an environment of its own.
"""

import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
START_TIMEOUT_S = 90.0
STOP_TIMEOUT_S = 30.0
_STATE_OF_WORKERS = frozenset(("EDGEMOOD_HOME", "EDGEMOOD_METRICS_FOLDER"))
"""The service sets these for its workers; another server must not share their files."""


class ServerStartError(Exception):
    """The server did not become ready; the message holds its command and its log."""


@dataclass(frozen=True)
class ServerProcess:
    """A running server."""

    url: str
    log: Path
    process: subprocess.Popen[bytes]


@contextmanager
def run_server(
    command: Sequence[str],
    folder: Path,
    *,
    is_ready: Callable[[str], bool] | None = None,
    environment: Mapping[str, str] | None = None,
    core: int | None = None,
    poll_s: float = 0.05,
) -> Iterator[ServerProcess]:
    """Run a server until the block ends; SIGTERM stops it.

    Args:
        command: `{port}` in a part becomes the port, which is also `PORT` in the environment.
        folder: for `server.log`, the service's state and BentoML's own files.
        is_ready: whether the server at a URL is ready; by default, the result of `GET /readyz`.
        environment: variables that replace those of this process.
        core: the processor core to run on; by default any.
        poll_s: seconds between two calls of `is_ready`.

    Raises:
        ServerStartError: the process ended, or was not ready after 90 seconds.
    """
    port = _free_port()
    url, log = f"http://127.0.0.1:{port}", folder / "server.log"
    arguments = [*_pinned(core), *(part.replace("{port}", str(port)) for part in command)]
    folder.mkdir(parents=True, exist_ok=True)
    with log.open("wb") as out:
        process = subprocess.Popen(
            arguments,
            cwd=ROOT,
            env=_environment(folder, port) | dict(environment or {}),
            stdout=out,
            stderr=subprocess.STDOUT,
        )
    try:
        if not _wait_until_ready(url, process, is_ready or _is_service_ready, poll_s):
            raise ServerStartError(f"{' '.join(arguments)} did not start:\n{log.read_text()}")
        yield ServerProcess(url, log, process)
    finally:
        _stop(process)


def run_service(
    folder: Path,
    *,
    python: str = sys.executable,
    environment: Mapping[str, str] | None = None,
    core: int | None = None,
) -> AbstractContextManager[ServerProcess]:
    """Run `python -m service` until the block ends.

    Args:
        folder: see `run_server`.
        python: an interpreter that has the service's packages.
        environment: see `run_server`.
        core: see `run_server`.
    """
    return run_server(service_command(python), folder, environment=environment, core=core)


def service_command(python: str) -> list[str]:
    """The command that starts the service."""
    return [python, "-m", "service"]


def responds(url: str, timeout_s: float = 2.0) -> bool:
    """Whether `GET url` answers with status 200."""
    try:
        with urllib.request.urlopen(url, timeout=timeout_s) as response:
            return bool(response.status == 200)
    except OSError:
        return False


def _is_service_ready(url: str) -> bool:
    return responds(f"{url}/readyz")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _pinned(core: int | None) -> list[str]:
    return [] if core is None else ["taskset", "--cpu-list", str(core)]


def _environment(folder: Path, port: int) -> dict[str, str]:
    inherited = {name: value for name, value in os.environ.items() if name not in _STATE_OF_WORKERS}
    return inherited | {
        "PORT": str(port),
        "EMOTION_STATE": str(folder / "state"),
        "BENTOML_HOME": str(folder / "bentoml"),
        "BENTOML_DO_NOT_TRACK": "True",
    }


def _wait_until_ready(
    url: str, process: subprocess.Popen[bytes], is_ready: Callable[[str], bool], poll_s: float
) -> bool:
    deadline = time.monotonic() + START_TIMEOUT_S
    while time.monotonic() < deadline and process.poll() is None:
        if is_ready(url):
            return True
        time.sleep(poll_s)
    return False


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(timeout=STOP_TIMEOUT_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
        raise
