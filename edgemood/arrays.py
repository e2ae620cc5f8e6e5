"""Array types, and validation of arrays that were read from a file."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edgemood.errors import LayoutError

Float32 = NDArray[np.float32]
Int32 = NDArray[np.int32]
Arrays = Mapping[str, NDArray[Any]]
"""Arrays by name, as a file stores them."""
Settings = Mapping[str, int | float | str]
"""JSON scalars that a manifest stores in addition to the arrays of a weight."""


def expect_arrays(arrays: Arrays, names: tuple[str, ...]) -> list[NDArray[Any]]:
    """Return exactly the arrays of these names, in this order.

    Raises:
        LayoutError: an array is missing, or there is one of another name.
    """
    if set(arrays) != set(names):
        raise LayoutError(f"expected the arrays {sorted(names)}, found {sorted(arrays)}")
    return [arrays[name] for name in names]


def check_array(
    array: NDArray[Any], *, name: str, dtype: str, shape: tuple[int, ...]
) -> NDArray[Any]:
    """Return the array if its dtype and shape are the expected ones.

    Raises:
        LayoutError: they differ.
    """
    if array.dtype != np.dtype(dtype) or array.shape != shape:
        raise LayoutError(
            f"{name} must be {np.dtype(dtype).name} of shape {shape},"
            f" found {array.dtype.name} of shape {array.shape}"
        )
    return array


LARGEST = 1e18
"""Largest magnitude of a stored number. Products of two of them are finite in float32."""


def check_finite(array: NDArray[Any], *, name: str) -> None:
    """Check that every value is finite, and so are products of two values of a file.

    Raises:
        LayoutError: a value is infinite, NaN, or of a magnitude above `LARGEST`.
    """
    if not np.isfinite(array).all():
        raise LayoutError(f"{name} holds values that are not finite numbers")
    if float(np.abs(array).max(initial=0)) > LARGEST:
        raise LayoutError(f"{name} holds magnitudes above {LARGEST:g}")


def check_scales(array: NDArray[Any], *, name: str) -> None:
    """Check that every value is finite and greater than 0.

    Raises:
        LayoutError: a value is not.
    """
    check_finite(array, name=name)
    if not (array > 0).all():
        raise LayoutError(f"{name} holds values that are not above 0")
