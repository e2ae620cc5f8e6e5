"""Reading the sizes of an architecture, which the manifest states by name."""

from collections.abc import Mapping, Set

from edgemood.errors import LayoutError

Sizes = Mapping[str, int | tuple[int, ...]]
"""The sizes of an architecture, e.g. `{"dim": 128, "hidden": (64,)}`."""

FOLDED = "folded"
"""A size that is 1 if the first linear step is folded into the token table, else absent.

The table then holds that step's output for each word, and the file holds no weights for the step.
"""


def is_folded(sizes: Sizes) -> bool:
    """Whether the token table holds the output of the first linear step for each word."""
    return sizes.get(FOLDED, 0) == 1


def check_size_names(sizes: Sizes, required: Set[str], *, optional: Set[str] = frozenset()) -> None:
    """Check that the sizes have exactly the required names, and possibly optional ones.

    Raises:
        LayoutError: a name is missing or unknown.
    """
    if set(sizes) - optional != required:
        raise LayoutError(f"expected the sizes {sorted(required)}, found {sorted(sizes)}")


def layer_widths(sizes: Sizes, name: str) -> tuple[int, ...]:
    """Return a size that is a list of positive integers, possibly empty.

    Raises:
        LayoutError: it is missing or something else.
    """
    value = sizes.get(name)
    if not isinstance(value, tuple) or any(width < 1 for width in value):
        raise LayoutError(f"the size {name!r} must be a list of layer widths, found {value!r}")
    return value


def positive_integer(sizes: Sizes, name: str) -> int:
    """Return a size that is a positive integer.

    Raises:
        LayoutError: it is missing or something else.
    """
    value = sizes.get(name)
    if not isinstance(value, int) or value < 1:
        raise LayoutError(f"the size {name!r} must be a positive whole number, found {value!r}")
    return value
