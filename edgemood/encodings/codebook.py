"""Clustered weights: packed indices into a codebook of a few float32 centroids.

Clustering (Murillo & Su, section 8): `w = centroids[index]`. A product could be computed as
`w . x = sum_k c_k * (sum of the x_i whose index is k)`, but numpy has no grouped sum that is faster
than a dense product. A layer is therefore expanded at its first product; a token table decodes only
the rows it is asked for.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
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
from edgemood.encodings.base import Codes, ExpandedWeight
from edgemood.encodings.memory import BLOCK_ITEMS
from edgemood.errors import LayoutError
from edgemood.quantization import bits as bit_packing
from edgemood.quantization.input_quantization import InputQuantization, InputQuantizationSettings

MAX_BITS = 8


def index_bits(centroids: int) -> int:
    """Return the width of an index into so many centroids: `ceil(log2(centroids))`, at least 1."""
    return max(1, (centroids - 1).bit_length())


def check_centroids(centroids: NDArray[Any]) -> None:
    """Check a stored codebook.

    Raises:
        LayoutError: its dtype or size is wrong, or a value is not finite.
    """
    check_array(centroids, name="centroids", dtype="<f4", shape=(centroids.size,))
    check_finite(centroids, name="centroids")
    if not 1 <= centroids.size <= 2**MAX_BITS:
        raise LayoutError(f"a codebook has 1 to {2**MAX_BITS} centroids, not {centroids.size}")


@dataclass(frozen=True)
class Codebook(ExpandedWeight):
    """A matrix of indices. Build it with `encode`; `from_stored` wraps what a file holds."""

    encoding: ClassVar[str] = "codebook"
    packed: NDArray[np.uint8]
    """*Shape:* `(out, bytes of a row)`."""
    centroids: Float32
    """*Shape:* `(k,)` with k from 1 to 256."""
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
            indices: from 0 to `len(centroids) - 1`. *Shape:* `(out, in)`.
            centroids: *Shape:* `(k,)`.
            input_quantization: of the inputs of `matmul`; none by default.

        Raises:
            ValueError: the number of centroids is not within 1 to 256, or an index is out of range.
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
        """`(out, in)`."""
        return len(self.packed), self.columns

    @property
    def bits(self) -> int:
        """Width of an index."""
        return index_bits(len(self.centroids))

    def _decode(self, ids: Int32) -> Float32:
        return self.centroids[bit_packing.unpack(self.packed[ids], self.bits, self.columns)]

    def arrays(self) -> Arrays:
        """Return `packed` and `centroids`."""
        return {"packed": self.packed, "centroids": self.centroids}

    def codes(self) -> Mapping[str, Codes]:
        """Return the indices. *Shape:* `(out, in)`."""
        indices = bit_packing.unpack(self.packed, self.bits, self.columns)
        return {"packed": Codes(indices, self.bits)}

    def settings(self) -> Settings:
        """Return the settings of the input quantization."""
        return self.input_quantization.settings()

    @classmethod
    def from_stored(cls, shape: tuple[int, int], settings: Settings, arrays: Arrays) -> Self:
        """Wrap stored indices and centroids."""
        input_quantization = InputQuantizationSettings.read(settings).to_input_quantization()
        packed, centroids = expect_arrays(arrays, ("packed", "centroids"))
        check_centroids(centroids)
        bits = index_bits(centroids.size)
        width = bit_packing.row_bytes(shape[1], bits)
        check_array(packed, name="packed", dtype="|u1", shape=(shape[0], width))
        if centroids.size < 2**bits:
            step = max(1, BLOCK_ITEMS // shape[1])
            for start in range(0, shape[0], step):
                indices = bit_packing.unpack(packed[start : start + step], bits, shape[1])
                check_indices(indices, centroids)
        return cls(packed, centroids, shape[1], input_quantization)


def check_indices(indices: NDArray[np.unsignedinteger[Any]], centroids: Float32) -> None:
    """Check that every index has a centroid.

    Raises:
        LayoutError: an index has none.
    """
    if int(indices.max(initial=0)) >= centroids.size:
        raise LayoutError(f"an index points past the {centroids.size} centroids")
