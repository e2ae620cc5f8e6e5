"""Validation of stored arrays."""

import numpy as np
import pytest

from edgemood.arrays import check_array, check_finite, check_scales, expect_arrays
from edgemood.errors import LayoutError

ONES = np.ones((2, 3), np.float32)


def test_expected_arrays_come_in_the_order_of_the_names() -> None:
    a, b = np.zeros(1), np.ones(1)
    assert expect_arrays({"a": a, "b": b}, ("b", "a")) == [b, a]


@pytest.mark.parametrize("names", [(), ("a",), ("a", "b", "c")])
def test_missing_and_unknown_arrays_are_refused(names: tuple[str, ...]) -> None:
    with pytest.raises(LayoutError, match="'b'"):
        expect_arrays({"a": ONES, "b": ONES}, names)


def test_a_valid_array_is_returned_itself() -> None:
    assert check_array(ONES, name="x", dtype="<f4", shape=(2, 3)) is ONES


@pytest.mark.parametrize(
    ("dtype", "shape"), [("<f8", (2, 3)), ("<i4", (2, 3)), ("<f4", (3, 2)), ("<f4", (6,))]
)
def test_another_dtype_or_shape_is_refused(dtype: str, shape: tuple[int, ...]) -> None:
    with pytest.raises(LayoutError, match=r"^x .*float32.*\(2, 3\)"):
        check_array(ONES, name="x", dtype=dtype, shape=shape)


@pytest.mark.parametrize("value", [np.inf, -np.inf, np.nan])
def test_values_that_are_not_finite_are_refused(value: float) -> None:
    check_finite(ONES, name="x")
    for check in (check_finite, check_scales):
        with pytest.raises(LayoutError, match=r"^x "):
            check(np.array([1, value], np.float32), name="x")


@pytest.mark.parametrize("value", [0, -1])
def test_scales_are_greater_than_zero(value: float) -> None:
    check_scales(np.array([1e-30], np.float32), name="x")
    with pytest.raises(LayoutError, match=r"^x "):
        check_scales(np.array([1, value], np.float32), name="x")


def test_empty_arrays_are_valid() -> None:
    check_scales(np.zeros(0, np.float32), name="x")
