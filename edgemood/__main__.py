"""Run the command `edgemood` as `python -m edgemood`."""

import sys

from edgemood.cli import main

if __name__ == "__main__":
    sys.exit(main())
