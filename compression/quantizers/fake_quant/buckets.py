"""Fast bucketing: the interval that each of many values lies in."""

import torch
from torch import Tensor

_GRID_CELLS = 4096
_MOST_COMPARISONS = 6
_NARROWEST_GRID = 1e-20


def bucketize(x: Tensor, boundaries: Tensor) -> Tensor:
    """The result of `torch.bucketize` for finite values, several times as fast.

    A binary search mispredicts most of its branches. A fine grid gives the number of boundaries in
    lower cells by one look-up; only the boundaries in the same cell are compared.

    Args:
        x: any shape.
        boundaries: ascending, of the same type as `x`.

    Returns:
        The number of boundaries below each value, int32, of the shape of `x`.
    """
    flat = x.flatten()
    if not len(boundaries):
        return torch.zeros(x.shape, dtype=torch.int32)
    cells = _GRID_CELLS / (boundaries[-1] - boundaries[0]).clamp_min(_NARROWEST_GRID)

    def cell_of(values: Tensor) -> Tensor:  # monotonic
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
