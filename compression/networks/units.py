"""Hidden units of a network: which rows and columns of which parameters belong to them."""

from typing import NamedTuple

from torch import Tensor


class Slice(NamedTuple):
    """The positions of a hidden layer's units along one axis of one parameter."""

    name: str
    axis: int
    places: Tensor
    """Rows or columns of each unit. *Shape:* `(units, places per unit)`."""


class UnitGroup(NamedTuple):
    """A hidden layer: all weights that lead to its units or away from them."""

    layer: str
    slices: tuple[Slice, ...]

    @property
    def units(self) -> int:
        """The number of units."""
        return len(self.slices[0].places)
