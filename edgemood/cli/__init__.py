"""The command `edgemood`. Each command is one module, listed in `COMMANDS`.

A command module provides `add_parser`, which adds the command's arguments, and `run`, which yields
the lines of output.
"""

import argparse
import os
import sys
from collections.abc import Sequence

from edgemood import __version__
from edgemood.cli import adapt, classify, inspect
from edgemood.console import escape_output
from edgemood.errors import EdgemoodError

COMMANDS = (classify, inspect, adapt)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command.

    Args:
        arguments: without the program's name; those of the process by default.

    Returns:
        The exit status: 0; 2 if an input cannot be used or the output cannot be written, after a
        line on standard error; 130 if the user interrupted the command.

    Raises:
        SystemExit: the arguments are not valid, or ask for help or the version.
    """
    escape_output()
    options = _parser().parse_args(arguments)
    try:
        for line in options.run(options):
            print(line, flush=True)
    except EdgemoodError as error:
        print(f"edgemood: {error}", file=sys.stderr)
        return 2
    except BrokenPipeError:  # the reader, for example `head`, closed the pipe
        sys.stderr.close()
    except OSError as error:
        print(f"edgemood: cannot write: {error.strerror}", file=sys.stderr)
        _discard_output()
        return 2
    except KeyboardInterrupt:
        return 130
    return 0


def _discard_output() -> None:
    """Drop buffered output. From Python 3.14 flushing it at exit fails, and sets the status 120."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="edgemood", description="Emotion labels for text.")
    parser.add_argument("--version", action="version", version=f"edgemood {__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for command in COMMANDS:
        command.add_parser(commands).set_defaults(run=command.run)
    return parser
