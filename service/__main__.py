"""Start the server: `python -m service`. Checks the settings first, then runs `bentoml serve`."""

import os
import socket
import sys
from typing import NoReturn

from edgemood.format.artifact import SUFFIX
from service.observability import tracing
from service.settings import Settings, SettingsError


def main() -> NoReturn:
    """Replace this process with BentoML's; exit with 2 where a setting cannot be used."""
    try:
        settings = Settings.from_environment()
        tracing.wanted(os.environ)
    except SettingsError as error:
        print(f"service: {error}", file=sys.stderr)
        sys.exit(2)
    _check_port(settings)
    names = sorted(path.stem for path in settings.variants.glob(f"*{SUFFIX}"))
    admin = "on" if settings.admin_token else "off"
    print(
        f"serving {', '.join(names)} from {settings.variants} on {settings.host}:{settings.port};"
        f" admin calls {admin}",
        file=sys.stderr,
        flush=True,
    )
    # BentoML reports its use to its makers unless told not to, and wipes its home at each start.
    os.environ.setdefault("BENTOML_DO_NOT_TRACK", "True")
    os.environ.setdefault("BENTOML_HOME", str(settings.bentoml_home))
    # The products are too small to be worth a second thread, which workers would fight over.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    command = [
        *(sys.executable, "-m", "bentoml", "serve", "service.app:EmotionService"),
        *("--host", settings.host, "--port", str(settings.port)),
    ]
    os.execv(sys.executable, command)  # noqa: S606  # no shell is what is wanted


def _check_port(settings: Settings) -> None:
    """Exit with 2 where something listens there already; BentoML would show a traceback."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.host, settings.port))
        except OSError as error:
            print(
                f"service: PORT: cannot listen on {settings.host}:{settings.port}:"
                f" {error.strerror}; set PORT to another",
                file=sys.stderr,
            )
            sys.exit(2)


if __name__ == "__main__":
    main()
