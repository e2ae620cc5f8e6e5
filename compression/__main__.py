"""Run the command line as `python -m compression`."""

import sys

from compression.cli import main

if __name__ == "__main__":
    sys.exit(main())
