"""Which interval each of many values lies in, fast."""

import torch
from torch import Tensor

_GRID_CELLS = 4096
_MOST_COMPARISONS = 6
_NARROWEST_GRID = 1e-20


def bucketize(x: Tensor, boundaries: Tensor) -> Tensor:
    """What `torch.bucketize` gives for finite values, several times as fast.

    A binary search mispredicts most of its branches. Here a fine grid tells at once how many
    boundaries lie in lower cells; only those of the same cell are compared.

    Args:
        x: any shape.
        boundaries: ascending, of the same type as `x`.

    Returns:
        How many boundaries are below each value; int32.
    """
    flat = x.flatten()
    if not len(boundaries):
        return torch.zeros(x.shape, dtype=torch.int32)
    cells = _GRID_CELLS / (boundaries[-1] - boundaries[0]).clamp_min(_NARROWEST_GRID)

    def cell_of(values: Tensor) -> Tensor:  # never falls while values rise
        return ((values - boundaries[0]) * cells).clamp_(-1, _GRID_CELLS).to(torch.int32) + 1

    per_cell = torch.bincount(cell_of(boundaries), minlength=_GRID_CELLS + 2)
    crowded = int(per_cell.max())
    if crowded > _MOST_COMPARISONS:
        return torch.bucketize(x, boundaries, out_int32=True)
    lower = (torch.cumsum(per_cell, 0) - per_cell).to(torch.int32)
    found = torch.index_select(lower, 0, cell_of(flat))
    fenced = torch.cat([boundaries, boundaries.new_full((1,), torch.inf)])
    for _ in range(crowded):
        found += flat > torch.index_select(fenced, 0, found)
    return found.reshape(x.shape)


def rounded_down(x: Tensor) -> Tensor:
    """The largest float32 not above each float64; a float32 is above both or above neither."""
    nearest = x.float()
    below = torch.nextafter(nearest, torch.full_like(nearest, -torch.inf))
    return torch.where(nearest.double() > x, below, nearest)
