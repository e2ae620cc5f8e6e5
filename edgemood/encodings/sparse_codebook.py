"""Mostly zeros, and few values: a bit a weight, and an index into a look-up table where it is set.

What sparsity-preserving clustering leaves: the centroid at 0 takes one bit a weight and no index.
"""

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from edgemood.arrays import Arrays, Float32, Int32, Settings, check_array, expect_arrays
from edgemood.encodings.base import FloatProduct
from edgemood.encodings.codebook import MAX_BITS, check_centroids, index_bits
from edgemood.encodings.mask import Mask
from edgemood.errors import LayoutError
from edgemood.quantization import bits as bit_packing
from edgemood.quantization.input_quantization import InputQuantization, InputQuantizationSettings


@dataclass(frozen=True)
class SparseCodebook:
    """A matrix of few indices. Build it with `encode`; `from_stored` wraps what a file holds."""

    encoding: ClassVar[str] = "sparse-codebook"
    mask: Mask
    packed: NDArray[np.uint8]
    """The indices row by row, in one stream of bits. *Shape:* `(bytes,)`."""
    centroids: Float32
    """None is 0. *Shape:* `(k,)`, 1 to 256 of them."""
    input_quantization: InputQuantization = field(default_factory=InputQuantization)

    @classmethod
    def encode(
        cls,
        weight: Float32,
        centroids: Float32,
        *,
        input_quantization: InputQuantization | None = None,
    ) -> Self:
        """Pack a matrix all of whose values are 0 or a centroid.

        Args:
            weight: *Shape:* `(out, in)`.
            centroids: ascending, none of them 0. *Shape:* `(k,)`.
            input_quantization: what happens to inputs in `matmul`; default: nothing.

        Raises:
            ValueError: there are no centroids or too many, or a value is not among them.
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
        return self.mask.shape

    @property
    def bits(self) -> int:
        """Width of an index."""
        return index_bits(len(self.centroids))

    @property
    def resident_bytes(self) -> int:
        expanded = self.__dict__.get("_expanded")
        stored = self.mask.resident_bytes + self.packed.nbytes + self.centroids.nbytes
        return stored + (0 if expanded is None else expanded.nbytes)

    def indices(self) -> NDArray[np.unsignedinteger[Any]]:
        """The indices of all weights that are not 0. *Shape:* `(stored weights,)`."""
        (indices,) = bit_packing.unpack(self.packed[None], self.bits, self.mask.count)
        return np.asarray(indices)

    def rows(self, ids: Int32) -> Float32:
        kept, places = self.mask.places(ids)
        rows = np.zeros(kept.shape, dtype=np.float32)
        if len(places):
            rows[kept] = self.centroids[bit_packing.unpack_at(self.packed, self.bits, places)]
        return rows

    def matmul(self, x: Float32) -> Float32:
        return self.input_quantization.fake_quantize(x) @ self._expanded.T

    def as_float_product(self) -> FloatProduct | None:
        return FloatProduct(self.input_quantization, self._expand().T)

    def arrays(self) -> Arrays:
        return {"mask": self.mask.packed, "packed": self.packed, "centroids": self.centroids}

    def settings(self) -> Settings:
        return self.input_quantization.settings()

    @classmethod
    def from_stored(cls, shape: tuple[int, int], settings: Settings, arrays: Arrays) -> Self:
        input_quantization = InputQuantizationSettings.read(settings).to_input_quantization()
        packed_mask, packed, centroids = expect_arrays(arrays, ("mask", "packed", "centroids"))
        mask = Mask.from_stored(packed_mask, shape)
        check_centroids(centroids)
        width = bit_packing.row_bytes(mask.count, index_bits(centroids.size))
        check_array(packed, name="packed", dtype="|u1", shape=(width,))
        weight = cls(mask, packed, centroids, input_quantization)
        if int(weight.indices().max(initial=0)) >= centroids.size:
            raise LayoutError(f"an index points past the {centroids.size} centroids")
        return weight

    @cached_property
    def _expanded(self) -> Float32:
        return self._expand()

    def _expand(self) -> Float32:
        return self.rows(np.arange(self.shape[0], dtype=np.int32))
