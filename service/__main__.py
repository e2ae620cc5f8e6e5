"""Start the server: `python -m service`. Checks the settings first, then runs `bentoml serve`."""

import os
import sys
from typing import NoReturn

from service.settings import Settings, SettingsError


def main() -> NoReturn:
    """Replace this process with BentoML's; exit with 2 where a setting cannot be used."""
    try:
        settings = Settings.from_environment()
    except SettingsError as error:
        print(f"service: {error}", file=sys.stderr)
        sys.exit(2)
    # BentoML reports its use to its makers unless told not to, and wipes its home at each start.
    os.environ.setdefault("BENTOML_DO_NOT_TRACK", "True")
    os.environ.setdefault("BENTOML_HOME", str(settings.bentoml_home))
    command = [
        *(sys.executable, "-m", "bentoml", "serve", "service.app:EmotionService"),
        *("--host", settings.host, "--port", str(settings.port)),
    ]
    os.execv(sys.executable, command)  # noqa: S606  # no shell is what is wanted


if __name__ == "__main__":
    main()
