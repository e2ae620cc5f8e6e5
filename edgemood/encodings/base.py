"""What an encoding is: one byte layout of a matrix, and how it multiplies."""

from collections.abc import Mapping
from typing import Any, ClassVar, NamedTuple, Protocol, Self, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from edgemood.affine import Grid
from edgemood.errors import LayoutError

Float32 = NDArray[np.float32]
Int32 = NDArray[np.int32]
Arrays = Mapping[str, NDArray[Any]]
Settings = Mapping[str, int | float | str]


class Linear(NamedTuple):
    """A plain product, `(x @ matrix) * scale`."""

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

    def linear(self, grid: Grid | None) -> Linear | None:
        """What `matmul` does to inputs that lie on this grid (None: to any), if no more than that.

        A caller whose inputs are on the grid already need not have them quantised again.
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


def take(arrays: Arrays, names: tuple[str, ...]) -> list[NDArray[Any]]:
    """Exactly the arrays of these names, in this order.

    Raises:
        LayoutError: one is missing or there is another.
    """
    if set(arrays) != set(names):
        raise LayoutError(f"expected the arrays {sorted(names)}, found {sorted(arrays)}")
    return [arrays[name] for name in names]


def check_finite(array: NDArray[Any], *, name: str) -> None:
    """Make sure that every number is one.

    Raises:
        LayoutError: there is an infinity or a NaN.
    """
    if not np.isfinite(array).all():
        raise LayoutError(f"{name} holds values that are not finite numbers")


def check_scales(array: NDArray[Any], *, name: str) -> None:
    """Make sure that every number is finite and above 0.

    Raises:
        LayoutError: one is not.
    """
    check_finite(array, name=name)
    if not (array > 0).all():
        raise LayoutError(f"{name} holds values that are not above 0")


def check_array(
    array: NDArray[Any], *, name: str, dtype: str, shape: tuple[int, ...]
) -> NDArray[Any]:
    """The array itself, once its type and shape are known to be right.

    Raises:
        LayoutError: they are not.
    """
    if array.dtype != np.dtype(dtype) or array.shape != shape:
        raise LayoutError(
            f"{name} must be {np.dtype(dtype).name} of shape {shape},"
            f" found {array.dtype.name} of shape {array.shape}"
        )
    return array
