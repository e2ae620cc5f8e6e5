"""Builds variants: trains, compresses and measures classifiers. Only this package imports torch."""

import sysconfig
from pathlib import Path

# From Python 3.14 the standard library has a package of this name, which gzip, bz2 and zipfile
# import. A checkout on sys.path hides it, so this package finds the library's modules as well.
__path__.append(str(Path(sysconfig.get_path("stdlib"), "compression")))
