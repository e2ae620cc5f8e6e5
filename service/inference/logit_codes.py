"""Logits as one byte each, for receipts and for the pairs that are kept of judged answers.

A code is the logit in steps of 1/8, a signed byte from -127 to 127. It stands for logits from
-15.9375 to 15.9375 with an error of at most 1/16; a logit beyond is taken for -15.875 or 15.875,
whose scores are within 2e-7 of 0 and 1. The steps are equal, so that a map fitted to the codes is a
map of the logits: rounding adds noise with a standard deviation of 1/8 / sqrt(12) = .036.

They are the logits of the network, before everything that a manifest does to them: `code / 8` needs
no manifest to be read, and the `DecisionRule` of the variant turns it into scores.
"""

import numpy as np
from numpy.typing import NDArray

from edgemood.arrays import Float32

STEPS = 8
"""Codes for a difference of 1 between logits."""
MAX_CODE = 127
MAX_ERROR = 0.5 / STEPS
"""For logits within `MAX_CODE / STEPS` of 0."""


def encode(logits: Float32) -> list[bytes]:
    """Round logits, which may be infinite. *Shape:* `(texts, outputs)`.

    Returns:
        For each text, a byte for each logit.
    """
    codes = np.rint(logits * STEPS)
    np.minimum(codes, MAX_CODE, out=codes)
    np.maximum(codes, -MAX_CODE, out=codes)
    width, rows = logits.shape[1], codes.astype(np.int8).tobytes()
    return [rows[i : i + width] for i in range(0, len(rows), width)]


def decode(texts: list[bytes]) -> Float32:
    """The logits of codes. *Shape:* `(texts, outputs)`; at least one text."""
    codes: NDArray[np.int8] = np.frombuffer(b"".join(texts), np.int8).reshape(len(texts), -1)
    return codes.astype(np.float32) / np.float32(STEPS)
