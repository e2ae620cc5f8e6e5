"""The command line of the compression stage. Each command is one module, listed in `COMMANDS`.

A command module provides `add_parser`, which adds the command's arguments, and `run`, which yields
the lines of output.
"""

import argparse
import sys
from collections.abc import Sequence

from compression.cli import adaptations, build, evaluate, preview, registers, report, search
from compression.errors import os_error_message
from edgemood import EdgemoodError
from edgemood.console import escape_output

COMMANDS = (preview, build, evaluate, registers, adaptations, search, report)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command.

    Args:
        arguments: without the program's name; those of the process by default.

    Returns:
        The exit status: 0; 2 if an input cannot be used or an output cannot be written, after a
        line on standard error; 130 if the user interrupted the command.

    Raises:
        SystemExit: the arguments are not valid, or ask for help.
    """
    escape_output()
    options = _parser().parse_args(arguments)
    try:
        for line in options.run(options):
            print(line, flush=True)
    except EdgemoodError as error:
        print(f"compression: {error}", file=sys.stderr)
        return 2
    except OSError as error:
        print(f"compression: {os_error_message(error)}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("interrupted; run the same command again to continue", file=sys.stderr)
        return 130
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m compression", description="Build and evaluate variants."
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for command in COMMANDS:
        command.add_parser(commands).set_defaults(run=command.run)
    return parser
