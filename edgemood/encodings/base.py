"""What an encoding is: one byte layout of a matrix, and how it multiplies."""

from collections.abc import Mapping
from typing import ClassVar, NamedTuple, Protocol, Self, runtime_checkable

from edgemood.arrays import Arrays, Float32, Int32, Settings
from edgemood.quantization.input_quantization import InputQuantization


class FloatProduct(NamedTuple):
    """What is left of a product once its inputs are quantised: `(x @ matrix) * scale`."""

    input_quantization: InputQuantization
    """What happens to inputs before."""
    matrix: Float32
    """*Shape:* `(in, out)`."""
    scale: Float32 | None = None
    """One for each output, or one in all; none where it is 1."""


class Weight(Protocol):
    """A matrix in some encoding: a layer's weight, a bias as a single row, or a token table."""

    encoding: ClassVar[str]

    @property
    def shape(self) -> tuple[int, int]:
        """`(out, in)` of a layer, `(rows, dim)` of a token table."""

    @property
    def resident_bytes(self) -> int:
        """Bytes held in memory now: the stored arrays plus whatever was expanded for speed."""

    def matmul(self, x: Float32) -> Float32:
        """`x @ W.T`. *Shape:* `(n, in)` -> `(n, out)`."""

    def as_float_product(self) -> FloatProduct | None:
        """`matmul` in its two steps, where it has two and they come to the very same numbers.

        So one who has several products of the same inputs quantises them once, and one whose
        inputs lie on the grid already not at all.
        """

    def rows(self, ids: Int32) -> Float32:
        """Decode these rows only. *Shape:* `(n,)` -> `(n, dim)`."""

    def settings(self) -> Settings:
        """What arrays or parts alone do not tell, as JSON scalars."""


@runtime_checkable
class Stored(Weight, Protocol):
    """A weight that a file holds as arrays.

    What is stored is `arrays()` and `settings()`; `from_stored` is their inverse, bit for bit.
    """

    def arrays(self) -> Arrays:
        """The arrays as they are stored, by short name."""

    @classmethod
    def from_stored(cls, shape: tuple[int, int], settings: Settings, arrays: Arrays) -> Self:
        """Wrap stored arrays without copying them.

        Raises:
            LayoutError: settings or arrays are missing, surplus, or of the wrong type or shape.
        """


@runtime_checkable
class Composite(Weight, Protocol):
    """A weight made up of others, each of which the file holds in an encoding of its own."""

    def parts(self) -> Mapping[str, Weight]:
        """The weights it is made up of, by short name."""

    @classmethod
    def from_parts(
        cls, shape: tuple[int, int], settings: Settings, parts: Mapping[str, Weight]
    ) -> Self:
        """Put the parts together again.

        Raises:
            LayoutError: settings or parts are missing, surplus, or do not fit together.
        """
