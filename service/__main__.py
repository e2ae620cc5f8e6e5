"""Starts the server: `python -m service`. Checks the settings, then runs `bentoml serve`."""

import os
import socket
import sys
from typing import NoReturn

from edgemood.format.artifact import SUFFIX
from service.observability import tracing
from service.settings import Settings, SettingsError

_APPLICATION = "service.app:EmotionService"


def main() -> NoReturn:
    """Replace this process with BentoML's, or exit with status 2 if a setting is invalid."""
    try:
        settings = Settings.from_environment()
        tracing.configured_exporter(os.environ)
        _check_port(settings)
    except SettingsError as error:
        print(f"service: {error}", file=sys.stderr)
        sys.exit(2)
    print(_banner(settings), file=sys.stderr, flush=True)
    _set_defaults(settings)
    host, port = settings.host, str(settings.port)
    command = [*("-m", "bentoml", "serve", _APPLICATION), "--host", host, "--port", port]
    os.execv(sys.executable, [sys.executable, *command])  # noqa: S606  # no shell is wanted


def _check_port(settings: Settings) -> None:
    """Check that the port is free; BentoML would print a traceback.

    Raises:
        SettingsError: the server cannot listen there.
    """
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.host, settings.port))
        except OSError as error:
            address = f"{settings.host}:{settings.port}"
            raise SettingsError(
                f"PORT: cannot listen on {address}: {error.strerror}; set PORT to another"
            ) from error


def _banner(settings: Settings) -> str:
    names = sorted(path.stem for path in settings.variants.glob(f"*{SUFFIX}"))
    admin = "on" if settings.admin_token else "off"
    return (
        f"serving {', '.join(names)} from {settings.variants} on {settings.host}:{settings.port};"
        f" admin calls {admin}\n{settings.limits.describe()}"
    )


def _set_defaults(settings: Settings) -> None:
    """Set environment variables of the libraries unless the caller has set them."""
    # BentoML sends usage data to its makers by default.
    os.environ.setdefault("BENTOML_DO_NOT_TRACK", "True")
    os.environ.setdefault("BENTOML_HOME", str(settings.bentoml_home))
    # The matrix products are too small for a second thread, and workers would compete for cores.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")


if __name__ == "__main__":
    main()
