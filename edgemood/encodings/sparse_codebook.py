"""Sparse clustered weights: a mask of one bit a weight, and an index for each weight it selects.

This is the result of sparsity-preserving clustering: the centroid at 0 takes one bit a weight and
no index.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from edgemood.arrays import Arrays, Float32, Int32, Settings, check_array, expect_arrays
from edgemood.encodings.base import Codes, ExpandedWeight
from edgemood.encodings.codebook import MAX_BITS, check_centroids, check_indices, index_bits
from edgemood.encodings.mask import Mask
from edgemood.encodings.memory import BLOCK_ITEMS, Memory
from edgemood.quantization import bits as bit_packing
from edgemood.quantization.input_quantization import InputQuantization, InputQuantizationSettings


@dataclass(frozen=True)
class SparseCodebook(ExpandedWeight):
    """A matrix of few indices. Build it with `encode`; `from_stored` wraps what a file holds."""

    encoding: ClassVar[str] = "sparse-codebook"
    mask: Mask
    packed: NDArray[np.uint8]
    """Indices of the selected weights, row by row, as one stream of bits. *Shape:* `(bytes,)`."""
    centroids: Float32
    """None of them is 0. *Shape:* `(k,)` with k from 1 to 256."""
    input_quantization: InputQuantization = field(default_factory=InputQuantization)

    @classmethod
    def encode(
        cls,
        weight: Float32,
        centroids: Float32,
        *,
        input_quantization: InputQuantization | None = None,
    ) -> Self:
        """Pack a matrix whose values are all 0 or a centroid.

        Args:
            weight: *Shape:* `(out, in)`.
            centroids: ascending, none of them 0. *Shape:* `(k,)`.
            input_quantization: of the inputs of `matmul`; none by default.

        Raises:
            ValueError: the number of centroids is not within 1 to 256, one of them is 0, or a
                weight is neither 0 nor a centroid.
        """
        if not 1 <= len(centroids) <= 2**MAX_BITS:
            raise ValueError(f"a codebook has 1 to {2**MAX_BITS} centroids, not {len(centroids)}")
        kept = weight[weight != 0]
        indices = np.minimum(np.searchsorted(centroids, kept), len(centroids) - 1)
        if (centroids[indices] != kept).any() or not centroids.all():
            raise ValueError("every weight must be 0 or a centroid, and no centroid 0")
        stream = bit_packing.pack(indices.astype(np.uint16)[None], index_bits(len(centroids)))
        return cls(
            mask=Mask.of(weight),
            packed=stream[0],
            centroids=np.ascontiguousarray(centroids, dtype="<f4"),
            input_quantization=input_quantization or InputQuantization(),
        )

    @property
    def shape(self) -> tuple[int, int]:
        """`(out, in)`."""
        return self.mask.shape

    @property
    def bits(self) -> int:
        """Width of an index."""
        return index_bits(len(self.centroids))

    @property
    def resident_bytes(self) -> int:
        """Bytes of the stored arrays, the mask's row starts, and the float32 copy."""
        return super().resident_bytes + self.mask.index_bytes

    @property
    def memory(self) -> Memory:
        """Most bytes that uses of this weight take, the mask's row starts included."""
        inputs = self.input_quantization.item_bytes
        return Memory.of(self.shape, copy=4, inputs=inputs, table=self.mask.starts_bytes)

    def _decode(self, ids: Int32) -> Float32:
        kept, positions = self.mask.positions(ids)
        rows = np.zeros(kept.shape, dtype=np.float32)
        if len(positions):
            rows[kept] = self.centroids[bit_packing.unpack_at(self.packed, self.bits, positions)]
        return rows

    def arrays(self) -> Arrays:
        """Return `mask`, `packed` and `centroids`."""
        return {"mask": self.mask.packed, "packed": self.packed, "centroids": self.centroids}

    def codes(self) -> Mapping[str, Codes]:
        """Return the bits of the mask; and the indices, *Shape:* `(mask.count,)`."""
        (indices,) = bit_packing.unpack(self.packed[np.newaxis], self.bits, self.mask.count)
        return {"mask": self.mask.codes(), "packed": Codes(indices, self.bits)}

    def settings(self) -> Settings:
        """Return the settings of the input quantization."""
        return self.input_quantization.settings()

    @classmethod
    def from_stored(cls, shape: tuple[int, int], settings: Settings, arrays: Arrays) -> Self:
        """Wrap a stored mask, indices and centroids."""
        input_quantization = InputQuantizationSettings.read(settings).to_input_quantization()
        packed_mask, packed, centroids = expect_arrays(arrays, ("mask", "packed", "centroids"))
        mask = Mask.from_stored(packed_mask, shape)
        check_centroids(centroids)
        width = bit_packing.row_bytes(mask.count, index_bits(centroids.size))
        check_array(packed, name="packed", dtype="|u1", shape=(width,))
        weight = cls(mask, packed, centroids, input_quantization)
        for start in range(0, mask.count, BLOCK_ITEMS):
            positions = np.arange(start, min(start + BLOCK_ITEMS, mask.count))
            check_indices(bit_packing.unpack_at(packed, weight.bits, positions), centroids)
        return weight
