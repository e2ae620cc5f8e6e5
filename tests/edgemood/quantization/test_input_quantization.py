"""Quantization of inputs: its modes, its grids, and its stored settings."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from edgemood.errors import LayoutError
from edgemood.quantization.affine import Grid, dequantize
from edgemood.quantization.input_quantization import (
    InputQuantization,
    InputQuantizationSettings,
)

NONE, DYNAMIC = InputQuantization(), InputQuantization("dynamic")
STATIC = InputQuantization.static(-3, 3)
POWER_OF_TWO = InputQuantization(
    "static", Grid(np.array(1 / 128, np.float32), np.array(0, np.float32))
)
MODES = [NONE, DYNAMIC, STATIC, POWER_OF_TWO]
inputs_strategy = hnp.arrays(
    np.float32,
    hnp.array_shapes(min_dims=2, max_dims=2, max_side=6),
    elements=st.floats(-5, 5, width=32),
)


def test_none_returns_its_input() -> None:
    x = np.ones((2, 3), np.float32)
    assert not NONE.quantized
    assert NONE.fake_quantize(x) is x


def test_dynamic_uses_the_range_of_each_row() -> None:
    x = np.array([[0, 255], [-1, 0]], np.float32)
    codes, grid = DYNAMIC.quantize(x)
    assert codes.tolist() == [[-128, 127], [-128, 127]]
    np.testing.assert_allclose(grid.scale.ravel(), [1, 1 / 255])


def test_static_clips_to_the_calibrated_range() -> None:
    found = InputQuantization.static(0, 255).fake_quantize(np.array([[-9, 7.4, 300]], np.float32))
    assert found.tolist() == [[0, 7, 255]]


@pytest.mark.parametrize("inputs", [DYNAMIC, STATIC, POWER_OF_TWO])
@given(x=inputs_strategy)
def test_fake_quantization_is_quantization_and_back(
    inputs: InputQuantization, x: np.ndarray
) -> None:
    codes, grid = inputs.quantize(x)
    assert codes.shape == x.shape
    assert ((codes >= -128) & (codes <= 127) & (codes == np.rint(codes))).all()
    np.testing.assert_array_equal(inputs.fake_quantize(x), dequantize(codes, grid))


@pytest.mark.parametrize("inputs", MODES)
def test_settings_round_trip(inputs: InputQuantization) -> None:
    settings = inputs.settings()
    again = InputQuantizationSettings.read(settings).to_input_quantization()
    assert again.settings() == settings
    assert again.same_as(inputs)


def test_the_keys_of_a_file() -> None:
    assert NONE.settings() == {"activations": "none"}
    assert POWER_OF_TWO.settings() == {
        "activations": "static",
        "input_scale": 1 / 128,
        "input_zero_point": 0,
    }


def test_only_equal_quantizations_are_the_same() -> None:
    for i, first in enumerate(MODES):
        for j, second in enumerate(MODES):
            assert first.same_as(second) == (i == j)


def test_power_of_two_scales() -> None:
    assert [inputs.has_power_of_two_scale for inputs in MODES] == [False, False, False, True]


def test_a_grid_belongs_to_the_static_mode_alone() -> None:
    with pytest.raises(LayoutError):
        InputQuantization("static")
    with pytest.raises(LayoutError):
        InputQuantization("dynamic", STATIC.grid)


@pytest.mark.parametrize(
    "changes",
    [
        {"activations": "sometimes"},
        {"input_scale": 0.0},
        {"input_scale": float("inf")},
        {"input_scale": 1e-60},  # 0 in float32
        {"input_zero_point": 128},
        {"input_zero_point": 0.5},
        {"input_scale": None},
        {"activations": "dynamic"},
        {"surplus": 1},
    ],
)
def test_settings_that_are_not_valid_are_refused(changes: dict) -> None:
    settings = {k: v for k, v in {**STATIC.settings(), **changes}.items() if v is not None}
    with pytest.raises(LayoutError):
        InputQuantizationSettings.read(settings).to_input_quantization()


def test_a_missing_mode_is_named() -> None:
    with pytest.raises(LayoutError, match="activations"):
        InputQuantizationSettings.read({})
