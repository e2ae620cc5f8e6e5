"""Measures a variant file by content, and the bounds of entropy coding.

Quantized weights are stored as codes: integers, indices, APoT fields, or bits of a mask. For n
codes of empirical entropy H, the Shannon bound is `n * H` bits, computed weight by weight. A
Huffman code is within one bit a code of it (Han, Mao & Dally, Deep Compression, arXiv 1510.00149,
section 4). Everything else, such as scales, centroids, words and the manifest, counts with its
stored size.
"""

import heapq
import math
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from compression.evaluation.figures import Record
from compression.networks import TABLE
from edgemood import Artifact
from edgemood.encodings import Stored

Counts = NDArray[np.int64]


class Sizes(Record):
    """Sizes of one variant, in bytes unless stated otherwise."""

    file: int
    layers: int
    """Weights and biases without the token table, as in papers that exclude word vectors."""
    weights: int
    """Number of weights and biases, token table included."""
    bits_per_weight: float
    """Stored bits of table, layers and biases over `weights`."""
    shannon: int
    """The file size with every code at its entropy, the bound of coding single codes."""
    huffman: int
    """The file size with every code Huffman-coded, code tables included."""


def sizes_of(artifact: Artifact, file_bytes: int) -> Sizes:
    """Measure an artifact.

    Args:
        artifact: the content of the file.
        file_bytes: size of the file.
    """
    stored = dict(artifact.stored_bytes)
    del stored["vocabulary"]
    weights = sum(math.prod(weight.shape) for weight in artifact.weights.values())
    shannon = huffman = file_bytes
    for _, leaf in artifact.leaves():
        for plain, counts in _coded(leaf):
            shannon += math.ceil(entropy_bits(counts) / 8) - plain
            # An encoder uses the smaller one.
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
    """The Shannon bound `n * H`.

    Args:
        counts: occurrences of each symbol. *Shape:* `(symbols,)`.
    """
    seen = counts[counts > 0].astype(np.float64)
    return float((seen * np.log2(seen.sum() / seen)).sum())


def huffman_bytes(counts: Counts) -> int:
    """Bytes of Huffman-coded codes, and of their canonical code table of a byte for each symbol.

    Args:
        counts: occurrences of each symbol. *Shape:* `(symbols,)`.
    """
    lengths = huffman_lengths(counts)
    return math.ceil(int((lengths * counts).sum()) / 8) + len(counts)


def huffman_lengths(counts: Counts) -> NDArray[np.int64]:
    """Bits of each symbol's code; 0 if it does not occur. *Shape:* that of `counts`."""
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
    """Stored bytes of each array of codes, and the occurrences of each symbol in it."""
    arrays = leaf.arrays()
    for name, codes in leaf.codes().items():
        # No code of a single bit is shorter than the bit, so bits are coded eight at a time.
        symbols, width = (arrays[name], 8) if codes.bits == 1 else codes
        yield arrays[name].nbytes, np.bincount(symbols.ravel(), minlength=2**width)
