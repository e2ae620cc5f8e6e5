"""Packed codes: round-trip, by hand, and against one big integer a row."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from edgemood.errors import LayoutError
from edgemood.quantization.bits import pack, row_bytes, unpack, unpack_at


@st.composite
def codes_and_bits(draw: st.DrawFn) -> tuple[np.ndarray, int]:
    bits = draw(st.integers(1, 16))
    shape = draw(st.tuples(st.integers(0, 5), st.integers(1, 19)))
    codes = draw(hnp.arrays(np.uint16, shape, elements=st.integers(0, 2**bits - 1)))
    return codes, bits


@given(codes_and_bits())
def test_round_trip(case: tuple[np.ndarray, int]) -> None:
    codes, bits = case
    packed = pack(codes, bits)
    assert packed.shape == (len(codes), row_bytes(codes.shape[1], bits))
    np.testing.assert_array_equal(unpack(packed, bits, codes.shape[1]), codes)


@given(codes_and_bits())
def test_a_row_is_one_big_little_endian_number(
    case: tuple[np.ndarray, int],
) -> None:
    codes, bits = case
    for row, packed in zip(codes, pack(codes, bits), strict=True):
        number = sum(int(code) << (bits * i) for i, code in enumerate(row))
        assert packed.tobytes() == number.to_bytes(len(packed), "little")


def test_by_hand() -> None:
    # 3-bit codes 1, 2, 3: 011 010 001 from high to low is 0b11010001.
    assert pack(np.array([[1, 2, 3]], dtype=np.uint16), 3).tolist() == [[0b11010001, 0]]


@pytest.mark.parametrize("bits", range(1, 17))
def test_no_rows(bits: int) -> None:
    codes = np.zeros((0, 3), dtype=np.uint16)
    assert unpack(pack(codes, bits), bits, 3).shape == (0, 3)


def test_rows_can_be_unpacked_alone() -> None:
    codes = np.arange(15, dtype=np.uint16).reshape(3, 5)
    packed = pack(codes, 5)
    np.testing.assert_array_equal(unpack(packed[[2, 0]], 5, 5), codes[[2, 0]])


def test_a_code_that_does_not_fit_is_refused() -> None:
    with pytest.raises(ValueError, match="code 8"):
        pack(np.array([[8]], dtype=np.uint16), 3)


@pytest.mark.parametrize("bits", [0, 17])
def test_widths_out_of_range_are_refused(bits: int) -> None:
    with pytest.raises(ValueError, match="1 to 16"):
        pack(np.zeros((1, 1), dtype=np.uint16), bits)


def test_rows_of_the_wrong_width_are_refused() -> None:
    with pytest.raises(LayoutError, match="2 bytes"):
        unpack(np.zeros((1, 3), dtype=np.uint8), 5, 3)


@given(st.integers(1, 8), st.integers(1, 60), st.integers(0, 2**32 - 1))
def test_unpack_at_selects_codes_of_a_row(bits: int, count: int, seed: int) -> None:
    generator = np.random.default_rng(seed)
    codes = generator.integers(0, 2**bits, size=(1, count)).astype(np.uint16)
    positions = generator.integers(0, count, size=(3, 4))
    picked = unpack_at(pack(codes, bits)[0], bits, positions)
    np.testing.assert_array_equal(picked, codes[0][positions])
