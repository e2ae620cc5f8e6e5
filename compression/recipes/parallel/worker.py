"""A process that builds groups of variants, with one thread."""

import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from types import FrameType

from compression.errors import CompressionError, os_error_message
from compression.progress import lines_named
from compression.recipes.parallel.groups import Group
from compression.recipes.variant_builder import BuildInputs, VariantBuilder
from compression.threads import one_thread


@dataclass(frozen=True)
class GroupEnd:
    """The last message about a group."""

    problem: str | None = None
    """Why a variant, which is named, could not be built. Those after it were not tried."""


Message = Path | GroupEnd
"""From a worker: the path of a finished variant, or the end of its group."""


def work(connection: Connection) -> None:
    """Build groups until the connection is closed.

    Args:
        connection: gives the inputs of the build first, then one group after the other.
    """
    signal.signal(signal.SIGTERM, _exit)
    _end_with_parent()
    with one_thread(), suppress(EOFError, BrokenPipeError):
        inputs = connection.recv()
        assert isinstance(inputs, BuildInputs)  # noqa: S101  # the first message
        while True:
            group = connection.recv()
            assert isinstance(group, tuple)  # noqa: S101  # all further messages
            connection.send(build_group(inputs, group, finished=connection.send))


def build_group(inputs: BuildInputs, group: Group, *, finished: Callable[[Path], None]) -> GroupEnd:
    """Build the variants of a group until one fails.

    Args:
        inputs: of the build.
        group: its variants.
        finished: is called with the path of each variant.
    """
    builder = VariantBuilder(inputs)  # one for each group: it keeps the texts of its bases
    for variant in group:
        try:
            with lines_named(variant.name):
                path = builder.build(variant)
        except CompressionError as error:
            return GroupEnd(str(error))
        except OSError as error:
            return GroupEnd(f"variant {variant.name}: {os_error_message(error)}")
        finished(path)
    return GroupEnd()


def _exit(_signal: int, _frame: FrameType | None) -> None:
    """Exit by an exception, so that half-written files are removed."""
    sys.exit(128 + signal.SIGTERM)


def _end_with_parent() -> None:
    """Exit as soon as the parent has died, however it died."""

    def wait() -> None:
        parent = multiprocessing.parent_process()
        if parent is not None:
            parent.join()
            os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=wait, daemon=True).start()
