"""Progress messages on standard error, between progress bars."""

import sys

from tqdm import tqdm


def log(line: str) -> None:
    """Print one line without breaking a progress bar."""
    tqdm.write(line, file=sys.stderr)
