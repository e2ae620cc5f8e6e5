"""Starts the server: `python -m service`. Checks the settings and opens the socket for workers."""

import os
import secrets
import signal
import socket
import sys
from pathlib import Path
from typing import NoReturn

from edgemood.format.artifact import SUFFIX
from service.observability import tracing
from service.observability.metrics_folder import prepare_metrics_folder
from service.routing.policy_copy import VARIABLE as HOME
from service.server.listener import open_listener
from service.settings import RECEIPT_KEY, Settings, SettingsError
from service.state.private_folder import make_private_folder

WORKER = ("-m", "service.worker")
SUPERVISOR = ("-m", "service.supervision.supervisor")


def main() -> NoReturn:
    """Replace this process with the worker or, for several workers, with their supervisor.

    Exits with status 2 if a setting is invalid.
    """
    if os.getpid() == 1:
        _keep_signals()
    # Other users must not open the service's folders and locks: they could hold a lock.
    os.umask(0o077)
    try:
        settings = Settings.from_environment()
        tracing.configured_exporter(os.environ)
        listener = open_listener(settings)
        _set_environment(settings)
    except SettingsError as error:
        print(f"service: {error}", file=sys.stderr)
        sys.exit(2)
    print(_banner(settings), file=sys.stderr, flush=True)
    command = _command(settings, listener)
    os.execv(sys.executable, [sys.executable, *command])  # noqa: S606  # no shell is wanted


def _keep_signals() -> None:
    """Let signals that ask for the end wait until they are handled; the next program inherits this.

    The first process of a container does not end by a signal that it does not handle: one that came
    during the start would be lost, and the container would run until it is killed.
    """
    signal.pthread_sigmask(signal.SIG_BLOCK, (signal.SIGINT, signal.SIGTERM, signal.SIGHUP))


def _command(settings: Settings, listener: socket.socket) -> list[str]:
    descriptor = str(listener.fileno())
    if settings.workers == 1:
        return [*WORKER, "--listener", descriptor]
    return [*SUPERVISOR, descriptor, str(settings.workers), *WORKER]


def _banner(settings: Settings) -> str:
    names = sorted(path.stem for path in settings.variants.glob(f"*{SUFFIX}"))
    admin = "on" if settings.admin_token else "off"
    return (
        f"serving {', '.join(names)} from {settings.variants} on {settings.host}:{settings.port};"
        f" admin calls {admin}\n{settings.limits.describe()}"
    )


def _set_environment(settings: Settings) -> None:
    """Set what the libraries read, unless the caller has set it, and what workers share.

    Raises:
        SettingsError: others could read or replace what is in `BENTOML_HOME`.
    """
    # BentoML sends usage data to its makers by default.
    os.environ.setdefault("BENTOML_DO_NOT_TRACK", "True")
    os.environ.setdefault("BENTOML_HOME", str(settings.bentoml_home))
    # The matrix products are too small for a second thread, and workers would compete for cores.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    os.environ[RECEIPT_KEY] = os.environ.get(RECEIPT_KEY) or secrets.token_hex(32)
    home = Path(os.environ["BENTOML_HOME"])
    try:
        make_private_folder(home)
    except OSError as error:
        raise SettingsError(f"BENTOML_HOME: {home}: {error.strerror}") from error
    os.environ[HOME] = str(home)
    prepare_metrics_folder(home, settings.workers)


if __name__ == "__main__":
    main()
