"""The folder in which the workers of one server share their counters.

The process that starts the workers makes a new one, so that servers never share a folder, and names
it in its environment, which the workers inherit. A single worker needs none.
"""

import logging
import os
import shutil
import tempfile
import time
from collections.abc import MutableMapping
from contextlib import suppress
from pathlib import Path

from service.observability.worker_file import PATTERN, FileDamagedError, read_snapshot
from service.state.private_folder import make_private_folder

logger = logging.getLogger(__name__)

VARIABLE = "EDGEMOOD_METRICS_FOLDER"
"""Set by the process that starts the workers."""
_PREFIX = "metrics-"
_MIN_AGE_S = 60.0
"""A younger folder may belong to a server whose workers are just starting."""


def prepare_metrics_folder(
    home: Path, workers: int, environment: MutableMapping[str, str] = os.environ
) -> None:
    """Make the folder, unless there is one worker or a parent process has made it.

    If it cannot be made, each worker exports its own counters alone.

    Args:
        home: holds the folders of all servers of this user; created if necessary.
        workers: processes that the server will start.
        environment: of the workers.
    """
    if workers == 1 or environment.get(VARIABLE):
        return
    try:
        make_private_folder(home)
        _remove_old(home)
        environment[VARIABLE] = tempfile.mkdtemp(prefix=_PREFIX, dir=home)
    except OSError as error:
        logger.error("/metrics will show one worker alone: %s: %s", home, error.strerror)


def metrics_folder(environment: MutableMapping[str, str] = os.environ) -> Path | None:
    """The folder of this worker's server; None if the worker is the only one."""
    folder = environment.get(VARIABLE)
    return Path(folder) if folder else None


def _remove_old(home: Path) -> None:
    """Remove the folders of servers that have ended."""
    for folder in home.glob(f"{_PREFIX}*"):
        with suppress(OSError):
            if time.time() - folder.stat().st_mtime > _MIN_AGE_S and not _is_in_use(folder):
                shutil.rmtree(folder)


def _is_in_use(folder: Path) -> bool:
    return any(_is_alive(path) for path in folder.glob(PATTERN))


def _is_alive(path: Path) -> bool:
    try:
        return read_snapshot(path).is_alive
    except FileDamagedError:
        return False
