"""Weights shared through a look-up table: packed indices into a few float32 centroids.

Clustering (Murillo & Su, section 8): `w = centroids[index]`. A product with such a weight is
`w . x = sum_k c_k * (sum of the x_i whose index is k)`; numpy has no grouped sum that is faster
than a dense product, so a layer's table look-up is done once, when it is first used, and token
tables look up only the rows they are asked for.
"""

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from edgemood.arrays import (
    Arrays,
    Float32,
    Int32,
    Settings,
    check_array,
    check_finite,
    expect_arrays,
)
from edgemood.encodings.base import FloatProduct
from edgemood.errors import LayoutError
from edgemood.quantization import bits as bit_packing
from edgemood.quantization.input_quantization import InputQuantization, InputQuantizationSettings

MAX_BITS = 8


def index_bits(centroids: int) -> int:
    """Bits that an index into so many centroids takes: the logarithm, rounded up, at least 1."""
    return max(1, (centroids - 1).bit_length())


def check_centroids(centroids: NDArray[Any]) -> None:
    """Make sure that a stored look-up table is one.

    Raises:
        LayoutError: it is of the wrong type or size, or holds something that is not a number.
    """
    check_array(centroids, name="centroids", dtype="<f4", shape=(centroids.size,))
    check_finite(centroids, name="centroids")
    if not 1 <= centroids.size <= 2**MAX_BITS:
        raise LayoutError(f"a codebook has 1 to {2**MAX_BITS} centroids, not {centroids.size}")


@dataclass(frozen=True)
class Codebook:
    """A matrix of indices. Build it with `encode`; `from_stored` wraps what a file holds."""

    encoding: ClassVar[str] = "codebook"
    packed: NDArray[np.uint8]
    """*Shape:* `(out, bytes of a row)`."""
    centroids: Float32
    """*Shape:* `(k,)`, 1 to 256 of them."""
    columns: int
    input_quantization: InputQuantization = field(default_factory=InputQuantization)

    @classmethod
    def encode(
        cls,
        indices: NDArray[np.integer[Any]],
        centroids: Float32,
        *,
        input_quantization: InputQuantization | None = None,
    ) -> Self:
        """Pack indices.

        Args:
            indices: below `len(centroids)`. *Shape:* `(out, in)`.
            centroids: *Shape:* `(k,)`.
            input_quantization: what happens to inputs in `matmul`; default: nothing.

        Raises:
            ValueError: there are no centroids or too many, or an index points past them.
        """
        if not 1 <= len(centroids) <= 2**MAX_BITS:
            raise ValueError(f"a codebook has 1 to {2**MAX_BITS} centroids, not {len(centroids)}")
        if indices.size and not 0 <= indices.min() <= indices.max() < len(centroids):
            raise ValueError(f"an index is not among the {len(centroids)} centroids")
        return cls(
            packed=bit_packing.pack(indices.astype(np.uint16), index_bits(len(centroids))),
            centroids=np.ascontiguousarray(centroids, dtype="<f4"),
            columns=indices.shape[1],
            input_quantization=input_quantization or InputQuantization(),
        )

    @property
    def shape(self) -> tuple[int, int]:
        return len(self.packed), self.columns

    @property
    def bits(self) -> int:
        """Width of an index."""
        return index_bits(len(self.centroids))

    @property
    def resident_bytes(self) -> int:
        expanded = self.__dict__.get("_expanded")
        stored = self.packed.nbytes + self.centroids.nbytes
        return stored + (0 if expanded is None else expanded.nbytes)

    def indices(self) -> NDArray[np.uint8] | NDArray[np.uint16]:
        """The indices, unpacked. *Shape:* `(out, in)`."""
        return bit_packing.unpack(self.packed, self.bits, self.columns)

    def rows(self, ids: Int32) -> Float32:
        return self.centroids[bit_packing.unpack(self.packed[ids], self.bits, self.columns)]

    def matmul(self, x: Float32) -> Float32:
        return self.input_quantization.fake_quantize(x) @ self._expanded.T

    def as_float_product(self) -> FloatProduct | None:
        return FloatProduct(self.input_quantization, self._expand().T)

    def arrays(self) -> Arrays:
        return {"packed": self.packed, "centroids": self.centroids}

    def settings(self) -> Settings:
        return self.input_quantization.settings()

    @classmethod
    def from_stored(cls, shape: tuple[int, int], settings: Settings, arrays: Arrays) -> Self:
        input_quantization = InputQuantizationSettings.read(settings).to_input_quantization()
        packed, centroids = expect_arrays(arrays, ("packed", "centroids"))
        check_centroids(centroids)
        bits = index_bits(centroids.size)
        width = bit_packing.row_bytes(shape[1], bits)
        check_array(packed, name="packed", dtype="|u1", shape=(shape[0], width))
        weight = cls(packed, centroids, shape[1], input_quantization)
        if centroids.size < 2**bits and int(weight.indices().max(initial=0)) >= centroids.size:
            raise LayoutError(f"an index points past the {centroids.size} centroids")
        return weight

    @cached_property
    def _expanded(self) -> Float32:
        return self._expand()

    def _expand(self) -> Float32:
        return self.centroids[self.indices()]
