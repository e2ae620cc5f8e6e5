"""Stored arrays: their types, and checks of what a file holds."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edgemood.errors import LayoutError

Float32 = NDArray[np.float32]
Int32 = NDArray[np.int32]
Arrays = Mapping[str, NDArray[Any]]
Settings = Mapping[str, int | float | str]


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
