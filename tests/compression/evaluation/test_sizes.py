"""Bytes, entropies and Huffman codes, against hand-worked examples and their definitions."""

import heapq
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from compression.evaluation.sizes import entropy_bits, huffman_bytes, huffman_lengths, sizes_of
from edgemood import Artifact
from edgemood.encodings import Factored, Integer, Sparse
from edgemood.quantization.affine import narrow_range, quantize, symmetric_grid

counts_of = st.lists(st.integers(0, 50), min_size=2, max_size=40).filter(any).map(np.array)


def test_entropy_by_hand() -> None:
    # 1/2, 1/4, 1/8, 1/8: one and three quarters of a bit a code.
    assert entropy_bits(np.array([8, 4, 2, 2])) == pytest.approx(16 * 1.75)
    assert entropy_bits(np.array([0, 7])) == 0


def test_huffman_by_hand() -> None:
    counts = np.array([8, 4, 0, 2, 2])
    assert huffman_lengths(counts).tolist() == [1, 2, 0, 3, 3]
    # 8 + 8 + 6 + 6 = 28 bits, hence 4 bytes, and a byte for each of five symbols.
    assert huffman_bytes(counts) == 4 + 5
    assert huffman_lengths(np.array([0, 9])).tolist() == [0, 1]


@given(counts_of)
def test_huffman_is_a_prefix_code_within_a_bit_of_the_entropy(counts: np.ndarray) -> None:
    lengths = huffman_lengths(counts)
    assert ((lengths > 0) == (counts > 0)).all()
    assert sum(2.0**-length for length in lengths if length) <= 1  # Kraft
    total = int((lengths * counts).sum())
    bound = entropy_bits(counts)
    assert bound - 1e-6 <= total <= bound + counts.sum() + 1e-6


@given(counts_of)
def test_huffman_is_the_sum_of_merged_weights(counts: np.ndarray) -> None:
    """The classic identity, computed without any code lengths."""
    queue = [int(n) for n in counts if n]
    heapq.heapify(queue)
    merged = queue[0] if len(queue) == 1 else 0
    while len(queue) > 1:
        both = heapq.heappop(queue) + heapq.heappop(queue)
        merged += both
        heapq.heappush(queue, both)
    assert int((huffman_lengths(counts) * counts).sum()) == merged


def quantized(artifact: Artifact, bits: int) -> tuple[Artifact, np.ndarray]:
    values = np.random.default_rng(0).normal(size=(9, 2)).astype(np.float32)
    grid = symmetric_grid(np.abs(values).max(axis=1, keepdims=True), bits=bits)
    codes = quantize(values, grid, narrow_range(bits))
    table = Integer.encode(codes, grid, bits=bits)
    fields = artifact.manifest.model_dump(exclude={"weights", "vocabulary", "format_version"})
    weights = {**artifact.weights, "embedding": table}
    return Artifact.create(fields, artifact.vocabulary, weights), codes


def test_sizes_by_hand(artifact: Artifact) -> None:
    small, codes = quantized(artifact, 4)
    size = len(small.to_bytes())
    sizes = sizes_of(small, size)
    # The layer has 3 x 2 weights and 3 biases in float32, the table 9 x 2 codes and 9 scales.
    assert sizes.layers == 4 * (6 + 3)
    assert sizes.weights == 18 + 6 + 3
    assert sizes.bits_per_weight == pytest.approx(8 * (9 + 36 + 36) / 27)
    counts = np.bincount(codes.astype(int).ravel() + 8, minlength=16)
    assert sizes.shannon == size - 9 + math.ceil(entropy_bits(counts) / 8)
    assert sizes.huffman == size  # the code table alone would be larger than the codes
    assert sizes.shannon <= sizes.file


def test_parts_of_a_product_count(artifact: Artifact) -> None:
    small, _ = quantized(artifact, 4)
    identity = Sparse.encode(np.eye(2, dtype=np.float32))
    table = Factored(small.weights["embedding"], identity)
    fields = artifact.manifest.model_dump(exclude={"weights", "vocabulary", "format_version"})
    product = Artifact.create(fields, artifact.vocabulary, {**artifact.weights, "embedding": table})
    sizes = sizes_of(product, len(product.to_bytes()))
    assert sizes.bits_per_weight == pytest.approx(8 * (9 + 36 + 2 + 8 + 36) / 27)
    assert sizes.layers == 36
