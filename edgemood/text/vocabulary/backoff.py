"""The number `backoff` of a vocabulary file: code points that an unknown token may lose at its end.

What a token may stand for is a rule of the tokenizer; see `edgemood.text.tokenizers`. A file stores
the number as one byte.
"""

import numpy as np

from edgemood.arrays import Arrays, check_array
from edgemood.errors import LayoutError

MAX_BACKOFF = 8


def check_backoff(backoff: int) -> int:
    """Return the number if it is valid.

    Raises:
        LayoutError: it is not within 0 to `MAX_BACKOFF`.
    """
    if not 0 <= backoff <= MAX_BACKOFF:
        raise LayoutError(f"backing off takes 0 to {MAX_BACKOFF} code points, not {backoff}")
    return backoff


def backoff_arrays(backoff: int) -> Arrays:
    """Return the array that stores the number; none for 0, as in files of older versions."""
    return {"backoff": np.array([backoff], dtype=np.uint8)} if backoff else {}


def split_backoff(arrays: Arrays) -> tuple[int, Arrays]:
    """Return the stored number, and the arrays without it.

    Raises:
        LayoutError: the number has the wrong dtype or shape.
    """
    others = dict(arrays)
    stored = others.pop("backoff", np.zeros(1, dtype=np.uint8))
    return int(check_array(stored, name="backoff", dtype="|u1", shape=(1,))[0]), others
