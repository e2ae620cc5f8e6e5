import torch
from hypothesis import given
from hypothesis import strategies as st

from compression.quantizers.fake_quant import (
    bucketize,
)
from compression.quantizers.fake_quant.buckets import rounded_down


@given(
    st.lists(st.floats(-9, 9, width=32), min_size=0, max_size=40),
    st.lists(st.floats(-99, 99, width=32), max_size=40),
)
def test_bucketize_agrees_with_torch(boundaries: list[float], values: list[float]) -> None:
    ascending = torch.tensor(sorted(boundaries))
    edges = torch.nextafter(ascending, torch.full_like(ascending, torch.inf))
    x = torch.cat([torch.tensor(values), ascending, edges])
    expected = torch.bucketize(x, ascending, out_int32=True)
    assert torch.equal(bucketize(x, ascending), expected)


@given(st.lists(st.floats(-9, 9), min_size=1, max_size=40))
def test_rounded_down_is_the_largest_float32_not_above(values: list[float]) -> None:
    exact = torch.tensor(values, dtype=torch.float64)
    found = rounded_down(exact)
    assert found.dtype == torch.float32
    assert (found.double() <= exact).all()
    above = torch.nextafter(found, torch.full_like(found, torch.inf))
    assert (above.double() > exact).all()


def test_many_boundaries_in_one_cell() -> None:
    boundaries = torch.cat([torch.linspace(0, 1e-6, 50), torch.tensor([1.0])])
    x = torch.linspace(-0.1, 1.1, 1001)
    assert torch.equal(bucketize(x, boundaries), torch.bucketize(x, boundaries, out_int32=True))
