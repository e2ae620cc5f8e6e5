"""What long work says while it runs: on standard error, between progress bars."""

import sys

from tqdm import tqdm


def say(line: str) -> None:
    """One line, without tearing a progress bar."""
    tqdm.write(line, file=sys.stderr)
