"""What a file's bytes consist of, and what an entropy coder could still save.

Codes are what quantised weights are stored as: integers, indices, APoT fields, bits of a mask.
Their Shannon bound is `n * H` bits for n codes of empirical entropy H, weight by weight; a Huffman
code comes within one bit a code of it (Han, Mao & Dally, Deep Compression, arXiv 1510.00149).
Everything else, such as scales, centroids, words and the manifest, counts as it is.
"""

import heapq
import math
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict

from compression.networks import TABLE
from edgemood import Artifact
from edgemood.encodings import Stored

Counts = NDArray[np.int64]


class Sizes(BaseModel):
    """Bytes of one variant."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    file: int
    layers: int
    """Weights and biases but for the token table: what papers count that leave the words out."""
    weights: int
    """How many numbers the network has, table included."""
    bits_per_weight: float
    """Stored bits of table, layers and biases over `weights`."""
    shannon: int
    """The file's size with every code at its entropy: no coder of single codes gets below it."""
    huffman: int
    """The file's size with every code Huffman-coded, code tables included."""


def sizes_of(artifact: Artifact, file_bytes: int) -> Sizes:
    """Measure an artifact that was read from, or written to, a file of so many bytes."""
    stored = dict(artifact.stored_bytes)
    del stored["vocabulary"]
    weights = sum(math.prod(weight.shape) for weight in artifact.weights.values())
    shannon = huffman = file_bytes
    for _, leaf in artifact.leaves():
        for plain, counts in _coded(leaf):
            shannon += math.ceil(entropy_bits(counts) / 8) - plain
            # An encoder takes whichever is smaller.
            huffman += min(huffman_bytes(counts), plain) - plain
    return Sizes(
        file=file_bytes,
        layers=sum(stored.values()) - stored[TABLE],
        weights=weights,
        bits_per_weight=8 * sum(stored.values()) / weights,
        shannon=shannon,
        huffman=huffman,
    )


def entropy_bits(counts: Counts) -> float:
    """`n * H`: the Shannon bound of codes that occur so often."""
    seen = counts[counts > 0].astype(np.float64)
    return float((seen * np.log2(seen.sum() / seen)).sum())


def huffman_bytes(counts: Counts) -> int:
    """Bytes of the Huffman-coded codes and of their canonical code table.

    The table gives each symbol of the alphabet its code length, a byte each.
    """
    lengths = huffman_lengths(counts)
    return math.ceil(int((lengths * counts).sum()) / 8) + len(counts)


def huffman_lengths(counts: Counts) -> NDArray[np.int64]:
    """Length of each symbol's code; 0 where it does not occur. *Shape:* that of `counts`."""
    lengths = np.zeros(len(counts), dtype=np.int64)
    queue = [(int(n), symbol, [symbol]) for symbol, n in enumerate(counts) if n]
    if len(queue) == 1:
        lengths[queue[0][1]] = 1
    heapq.heapify(queue)
    while len(queue) > 1:
        (n, tie, left), (m, _, right) = heapq.heappop(queue), heapq.heappop(queue)
        lengths[left + right] += 1
        heapq.heappush(queue, (n + m, tie, left + right))
    return lengths


def _coded(leaf: Stored) -> Iterator[tuple[int, Counts]]:
    """Bytes of each array of codes as it is stored, and how often each symbol occurs in it."""
    arrays = leaf.arrays()
    for name, codes in leaf.codes().items():
        # No code of a single bit is shorter than the bit, so bits are coded eight at a time.
        symbols, width = (arrays[name], 8) if codes.bits == 1 else codes
        yield arrays[name].nbytes, np.bincount(symbols.ravel(), minlength=2**width)
