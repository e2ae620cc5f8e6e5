"""The protocols of an encoding: one byte layout of a matrix, and its products.

A weight is either `Stored`, as arrays of its own, or `Composite`, made up of other weights.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from functools import cached_property
from typing import Any, ClassVar, NamedTuple, Protocol, Self, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from edgemood.arrays import Arrays, Float32, Int32, Settings
from edgemood.encodings.bounds import Bounds, product_bounds
from edgemood.encodings.memory import Memory, in_blocks
from edgemood.quantization.input_quantization import InputQuantization


class FloatProduct(NamedTuple):
    """The operands of a product in float32: `(fake_quantize(x) @ matrix) * scale`."""

    input_quantization: InputQuantization
    matrix: Float32
    """*Shape:* `(in, out)`."""
    scale: Float32 | None = None
    """*Shape:* `(out,)` or `(1,)`; None stands for 1."""


class Codes(NamedTuple):
    """The content of a stored array that holds codes: integers, indices, or bits of a mask."""

    values: NDArray[np.unsignedinteger[Any]]
    """The codes, unpacked, each below `2**bits`; any shape."""
    bits: int
    """Bits that each code takes in the file."""


class Weight(Protocol):
    """A matrix in some encoding: a layer's weight, a bias as a single row, or a token table."""

    encoding: ClassVar[str]

    @property
    def shape(self) -> tuple[int, int]:
        """`(out, in)` of a layer, `(rows, dim)` of a token table."""

    @property
    def resident_bytes(self) -> int:
        """Bytes held in memory now: the stored arrays and arrays that products have cached."""

    @property
    def memory(self) -> Memory:
        """Most bytes that uses of this weight take, known before any of them."""

    def matmul(self, x: Float32) -> Float32:
        """Compute `x @ W.T`. *Shape:* `(n, in)` -> `(n, out)`."""

    def as_float_product(self) -> FloatProduct | None:
        """Return operands that give the same numbers as `matmul`, or None if there are none.

        Several products of the same inputs can so share one quantization of the inputs, and inputs
        that already lie on the grid need none.
        """

    def rows(self, ids: Int32) -> Float32:
        """Decode some rows only. *Shape:* `(n,)` -> `(n, in)`."""

    def bounds(self, inputs: Bounds) -> Bounds:
        """Return the largest magnitudes of products. *Shape:* `(in,)` -> `(out,)`.

        Args:
            inputs: the largest magnitudes of the inputs.

        Raises:
            LayoutError: products may exceed what float32 can compute with.
        """

    def settings(self) -> Settings:
        """Return what cannot be read off the arrays or parts, as JSON scalars."""


@runtime_checkable
class Stored(Weight, Protocol):
    """A weight that a file holds as arrays of its own.

    What is stored is `arrays()` and `settings()`; `from_stored` is their inverse, bit for bit.
    """

    def arrays(self) -> Arrays:
        """Return the arrays as the file stores them, by short name."""

    def codes(self) -> Mapping[str, Codes]:
        """Return the content of those arrays that hold codes, by the array's name.

        Floating-point arrays (values, scales, centroids) and zero points are not among them, so an
        encoding of plain numbers returns an empty mapping.
        """

    @classmethod
    def from_stored(cls, shape: tuple[int, int], settings: Settings, arrays: Arrays) -> Self:
        """Wrap stored arrays without copying them.

        Raises:
            LayoutError: settings or arrays are missing, unknown or malformed.
        """


@runtime_checkable
class Composite(Weight, Protocol):
    """A weight made up of other weights, each of which has an encoding of its own."""

    def parts(self) -> Mapping[str, Weight]:
        """Return the parts by short name."""

    @classmethod
    def from_parts(
        cls, shape: tuple[int, int], settings: Settings, parts: Mapping[str, Weight]
    ) -> Self:
        """Build the weight from its parts.

        Raises:
            LayoutError: settings or parts are missing or unknown, or do not fit together.
        """


class ExpandedWeight(ABC):
    """Base of encodings that multiply by a float32 copy of the matrix, made at the first product.

    Token tables are never multiplied, hence never expanded.
    """

    input_quantization: InputQuantization = InputQuantization()

    @property
    @abstractmethod
    def shape(self) -> tuple[int, int]:
        """`(out, in)`."""

    @abstractmethod
    def _decode(self, ids: Int32) -> Float32:
        """Decode some rows, in memory of several times their size. *Shape:* as `rows`."""

    def rows(self, ids: Int32) -> Float32:
        """Decode some rows only. *Shape:* `(n,)` -> `(n, in)`."""
        return in_blocks(self._decode, ids, self.shape[1])

    @abstractmethod
    def arrays(self) -> Arrays:
        """Return the arrays as the file stores them, by short name."""

    @property
    def resident_bytes(self) -> int:
        """Bytes of the stored arrays, and of the float32 copy once it exists."""
        stored = sum(array.nbytes for array in self.arrays().values())
        return stored + cached_bytes(self, "_expanded")

    @property
    def memory(self) -> Memory:
        """Most bytes that uses of this weight take: products hold a float32 copy of it."""
        return Memory.of(self.shape, copy=4, inputs=self.input_quantization.item_bytes)

    def matmul(self, x: Float32) -> Float32:
        """Compute `x @ W.T` from quantized inputs. *Shape:* `(n, in)` -> `(n, out)`."""
        return self.input_quantization.fake_quantize(x) @ self._expanded.T

    def bounds(self, inputs: Bounds) -> Bounds:
        """Return the largest magnitudes of products. *Shape:* `(in,)` -> `(out,)`."""
        return product_bounds(self, self.input_quantization.bounds(inputs))

    def as_float_product(self) -> FloatProduct:
        """Return the operands of `matmul`; the matrix is a copy that is not cached."""
        return FloatProduct(self.input_quantization, self._expand().T)

    @cached_property
    def _expanded(self) -> Float32:
        return self._expand()

    def _expand(self) -> Float32:
        return self.rows(np.arange(self.shape[0], dtype=np.int32))


def cached_bytes(weight: object, *names: str) -> int:
    """Return the bytes of the arrays that these cached properties hold, if they hold one yet."""
    cached = (vars(weight).get(name) for name in names)
    return sum(array.nbytes for array in cached if array is not None)
