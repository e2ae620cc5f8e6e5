"""Integer products against int64 arithmetic, and the formulas of section 7 by hand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgemood.encodings import Integer
from edgemood.errors import LayoutError
from edgemood.quantization.affine import Grid, full_range, narrow_range, quantize, symmetric_grid
from edgemood.quantization.input_quantization import InputQuantization

DYNAMIC = InputQuantization("dynamic")
STATIC = InputQuantization("static", Grid(np.float32(1), np.float32(-128)))


def grid_of(scale: float, zero_point: float = 0) -> Grid:
    return Grid(np.full((1, 1), scale, np.float32), np.full((1, 1), zero_point, np.float32))


@given(seed=st.integers(0, 2**32 - 1), columns=st.sampled_from([1, 7, 128, 600, 3000]))
def test_products_are_the_exact_integers(seed: int, columns: int) -> None:
    generator = np.random.default_rng(seed)
    q_w = generator.integers(-128, 128, size=(5, columns))
    q_x = generator.integers(-128, 128, size=(3, columns))
    z_w, z_x = generator.integers(-128, 128, size=2)
    weight = Integer.encode(
        q_w.astype(np.float32),
        grid_of(0.01, z_w),
        bits=8,
        input_quantization=DYNAMIC,
    )
    products = weight.integer_products(q_x.astype(np.float32), grid_of(1, z_x))
    np.testing.assert_array_equal(products.astype(np.int64), (q_x - z_x) @ (q_w - z_w).T)


def test_static_by_hand() -> None:
    # w = [2, -1] * 0.5 and x = [3, 1] on the grid of scale 1 and zero point -128:
    # q_x = [-125, -127]; q_w.q_x = -123; z_x * sum(q_w) = -128; 0.5 * 1 * (-123 + 128) = 2.5.
    weight = Integer.encode(
        np.array([[2, -1]], np.float32),
        grid_of(0.5),
        bits=8,
        input_quantization=STATIC,
    )
    x = np.array([[3, 1]], np.float32)
    codes = np.array([[-125, -127]], np.float32)
    assert weight.integer_products(codes, STATIC.grid) == 5
    assert weight.matmul(x).tolist() == [[2.5]]


def test_static_clips_what_lies_outside_the_calibrated_range() -> None:
    weight = Integer.encode(
        np.array([[1]], np.float32),
        grid_of(1),
        bits=8,
        input_quantization=InputQuantization.static(0, 255),
    )
    assert weight.matmul(np.array([[-50], [255], [999]], np.float32)).ravel().tolist() == [
        0,
        255,
        255,
    ]


def test_dynamic_gives_each_row_the_grid_of_its_own_range() -> None:
    weight = Integer.encode(
        np.array([[1, 1]], np.float32),
        grid_of(1),
        bits=8,
        input_quantization=DYNAMIC,
    )
    x = np.array([[0, 255], [0, 2.55], [0, 0]], np.float32)
    np.testing.assert_allclose(weight.matmul(x).ravel(), [255, 2.55, 0], rtol=1e-6)
    alone = [weight.matmul(row[None]).item() for row in x]
    assert weight.matmul(x).ravel().tolist() == alone


@given(seed=st.integers(0, 2**32 - 1), bits=st.integers(2, 8))
def test_stored_rows_equal_torch_fake_quantization_bit_for_bit(seed: int, bits: int) -> None:
    torch = pytest.importorskip("torch")
    values = np.random.default_rng(seed).normal(size=(6, 9)).astype(np.float32)
    grid = symmetric_grid(np.abs(values).max(axis=1, keepdims=True), bits=bits)
    codes = quantize(values, grid, narrow_range(bits))
    weight = Integer.encode(codes, grid, bits=bits)
    scale, (lowest, highest) = torch.from_numpy(grid.scale), narrow_range(bits)
    fake = torch.clamp(torch.round(torch.from_numpy(values) / scale), lowest, highest) * scale
    np.testing.assert_array_equal(weight.rows(np.arange(6, dtype=np.int32)), fake.numpy())


def test_table_stays_packed_when_rows_are_read() -> None:
    weight = Integer.encode(np.zeros((100, 16), np.float32), grid_of(1), bits=4)
    before = weight.resident_bytes
    weight.rows(np.array([1, 2], np.int32))
    assert weight.resident_bytes == before == 100 * 8 + 4


def test_codes_out_of_range_are_refused() -> None:
    with pytest.raises(ValueError, match="-8 to 7"):
        Integer.encode(np.full((1, 1), 8, np.float32), grid_of(1), bits=4)


def test_static_inputs_need_a_grid() -> None:
    weight = Integer.encode(np.zeros((1, 1), np.float32), grid_of(1), bits=8)
    with pytest.raises(LayoutError, match="static"):
        Integer.from_stored((1, 1), {"bits": 8, "activations": "static"}, weight.arrays())


@pytest.mark.parametrize(
    "settings",
    [
        {"bits": 9, "activations": "none"},
        {"bits": 8.5, "activations": "none"},
        {"bits": 8, "activations": "sometimes"},
        {"bits": 8, "activations": "static", "input_scale": -1.0, "input_zero_point": 0},
        {"bits": 8, "activations": "static", "input_scale": 1.0, "input_zero_point": 0.5},
    ],
)
def test_settings_that_are_not_valid_are_refused(settings: dict) -> None:
    weight = Integer.encode(np.zeros((1, 1), np.float32), grid_of(1), bits=8)
    with pytest.raises(LayoutError, match="setting"):
        Integer.from_stored((1, 1), settings, weight.arrays())


def test_codes_of_the_full_range_are_restored() -> None:
    lowest, highest = full_range(8)
    codes = np.array([[lowest, highest]], np.float32)
    assert Integer.encode(codes, grid_of(1), bits=8).signed_codes().tolist() == codes.tolist()
