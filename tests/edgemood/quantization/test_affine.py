"""Grids against examples worked by hand, and against torch's own quantizer."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from edgemood.quantization.affine import (
    Reach,
    asymmetric_grid,
    binarize,
    dequantize,
    fake_quantize,
    full_range,
    narrow_range,
    quantize,
    symmetric_grid,
)

reals = hnp.arrays(
    np.float32,
    hnp.array_shapes(min_dims=2, max_dims=2, max_side=8),
    elements=st.floats(-1e4, 1e4, width=32),
)


def test_asymmetric_by_hand() -> None:
    # [-1, 3] with 2 bits: scale 4/3, zero point -2 + round(3/4) = -1.
    grid = asymmetric_grid(np.float32(-1), np.float32(3), bits=2)
    assert np.isclose(grid.scale, 4 / 3)
    assert grid.zero_point == -1
    x = np.array([-1, 0, 1, 3, 9], dtype=np.float32)
    np.testing.assert_array_equal(quantize(x, grid, full_range(2)), [-2, -1, 0, 1, 1])


def test_symmetric_by_hand() -> None:
    grid = symmetric_grid(np.float32(12.7), bits=8)
    assert np.isclose(grid.scale, 0.1)
    x = np.array([-12.7, -0.04, 0.26, 99], dtype=np.float32)
    np.testing.assert_array_equal(quantize(x, grid, narrow_range(8)), [-127, 0, 3, 127])


def test_non_negative_ranges_put_zero_at_the_lowest_code() -> None:
    grid = asymmetric_grid(np.float32(0.5), np.float32(6), bits=8)
    assert grid.zero_point == -128
    assert dequantize(np.float32(-128), grid) == 0


def test_a_range_without_extent_has_scale_one() -> None:
    grid = asymmetric_grid(np.zeros(3, np.float32), np.zeros(3, np.float32), bits=8)
    assert grid.scale.tolist() == [1, 1, 1]
    assert symmetric_grid(np.float32(1e-38), bits=8).scale == 1


def test_ties_go_to_the_even_code() -> None:
    grid = symmetric_grid(np.float32(127), bits=8)
    x = np.array([-2.5, -1.5, -0.5, 0.5, 1.5, 2.5], dtype=np.float32)
    assert quantize(x, grid, narrow_range(8)).tolist() == [-2, -2, 0, 0, 2, 2]


def test_one_bit_is_the_sign() -> None:
    # The best scale for signs is the mean magnitude of a row, (1 + 3 + 0 + 4) / 4.
    x = np.array([1, -3, 0, 4], dtype=np.float32)
    grid = symmetric_grid(np.abs(x).mean(), bits=1)
    assert narrow_range(1) == (-1, 1)
    assert dequantize(binarize(x), grid).tolist() == [2, -2, 2, 2]
    errors = [((x - s * binarize(x)) ** 2).sum() for s in (1.9, 2.0, 2.1)]
    assert np.argmin(errors) == 1


@given(reals, st.integers(2, 8))
def test_codes_are_those_of_torch_bit_for_bit(x: np.ndarray, bits: int) -> None:
    torch = pytest.importorskip("torch")
    grid = asymmetric_grid(x.min(), x.max(), bits=bits)
    restored = dequantize(quantize(x, grid, full_range(bits)), grid)
    scale, zero_point = (torch.from_numpy(np.atleast_1d(part)) for part in grid)
    codes = torch.round(torch.from_numpy(x) / scale) + zero_point
    expected = (torch.clamp(codes, *full_range(bits)) - zero_point) * scale
    np.testing.assert_array_equal(restored, expected.numpy())


@given(reals, st.integers(2, 8))
def test_fake_quantization_is_quantization_and_back(x: np.ndarray, bits: int) -> None:
    low, high = x.min(axis=1, keepdims=True) / 2, x.max(axis=1, keepdims=True) / 2
    grid, codes = asymmetric_grid(low, high, bits=bits), full_range(bits)
    wanted = dequantize(quantize(x, grid, codes), grid)
    np.testing.assert_array_equal(fake_quantize(x, grid.scale, Reach.of(grid, codes)), wanted)


@given(reals, st.integers(2, 8))
def test_the_error_is_at_most_half_a_step(x: np.ndarray, bits: int) -> None:
    limits = np.abs(x).max(axis=1, keepdims=True)
    for grid, codes in (
        (asymmetric_grid(x.min(1, keepdims=True), x.max(1, keepdims=True), bits=bits), full_range),
        (symmetric_grid(limits, bits=bits), narrow_range),
    ):
        moved = np.abs(dequantize(quantize(x, grid, codes(bits)), grid) - x)
        # Rounding of the zero point shifts an asymmetric grid by up to half a step more.
        assert (moved <= grid.scale * 1.001).all()


@given(reals)
def test_zero_is_exact(x: np.ndarray) -> None:
    grid = asymmetric_grid(x.min(), x.max(), bits=8)
    assert dequantize(quantize(np.zeros(1, np.float32), grid, full_range(8)), grid) == 0
