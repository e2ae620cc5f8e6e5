"""One worker process: `python -m service.worker`, which `python -m service` runs.

With several workers, each is a child of `service.supervision`.
"""

import argparse
import logging
import os
import socket
import sys
from collections.abc import Sequence
from functools import partial
from typing import cast

from _bentoml_sdk.service import Service

from service.app import SETTINGS, EmotionService, stop
from service.observability import metrics
from service.observability.logs import set_log_format
from service.server.bounded_server import BoundedServer

logger = logging.getLogger("service.worker")  # its module is named `__main__`

ANSWER_S = 1.0
"""The end of the time to drain, in which the last responses are sent."""


def main(arguments: Sequence[str]) -> None:
    """Serve on the inherited socket until a signal asks for the end."""
    options = _parsed(arguments)
    logging.basicConfig(level=logging.WARNING)
    logging.getLogger("service").setLevel(logging.INFO)
    set_log_format(SETTINGS.log)
    if options.replaces is not None:
        metrics.WORKERS_REPLACED.labels(options.replaces).inc()

    on_beat = (lambda: None) if options.beats is None else partial(_beat, options.beats)
    app = cast("Service", EmotionService).to_asgi()
    grace_s = max(0.0, SETTINGS.limits.drain_s - ANSWER_S)
    on_stop = partial(stop, grace_s=grace_s)
    server = BoundedServer(app, SETTINGS.limits, on_stop=on_stop, on_beat=on_beat)
    logger.info("worker starts")
    server.run_on(socket.socket(fileno=options.listener))


def _beat(pipe: int) -> None:
    """Show the parent that the event loop runs."""
    try:
        os.write(pipe, b".")
    except BlockingIOError:
        pass  # the parent has not looked for a while; it will find older beats
    except BrokenPipeError:
        os._exit(1)  # the parent is gone; on Linux, the kernel has killed this process by then


def _parsed(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m service.worker", description=__doc__)
    parser.add_argument("--listener", type=int, required=True, help="descriptor of the socket")
    parser.add_argument("--beats", type=int, help="descriptor of the pipe to the parent")
    parser.add_argument(
        "--replaces", choices=metrics.REPLACEMENT_REASONS, help="why the worker before it ended"
    )
    options = parser.parse_args(arguments)
    if options.beats is not None:
        os.set_blocking(options.beats, False)
    return options


if __name__ == "__main__":
    main(sys.argv[1:])
