"""APoT levels by hand and against the paper's definition written out, and the nearest level."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgemood.encodings import Apot
from edgemood.encodings.apot import magnitudes, nearest_codes, signed_levels
from edgemood.errors import LayoutError

WIDTHS = [(2, 1), (3, 1), (3, 2), (4, 1), (4, 3), (5, 2), (5, 4), (5, 1), (7, 3), (7, 2), (8, 7)]


def test_five_bits_base_two_by_hand() -> None:
    # p0 in {0, 1, 1/4, 1/16}, p1 in {0, 1/2, 1/8, 1/32}; the largest sum is 3/2.
    sums = sorted(a + b for a in (0, 1, 1 / 4, 1 / 16) for b in (0, 1 / 2, 1 / 8, 1 / 32))
    expected = np.array(sums) / 1.5
    np.testing.assert_allclose(np.sort(magnitudes(5, 2)), expected, rtol=1e-7)
    assert len(set(magnitudes(5, 2).tolist())) == 16
    assert len(set(signed_levels(5, 2).tolist())) == 31


def test_a_code_is_its_fields_below_the_sign() -> None:
    # Fields 01 and 10 pick p0 = 1 and p1 = 1/8; 9/8 over 3/2 is 3/4.
    code = 0b10_01
    assert magnitudes(5, 2)[code] == 0.75
    assert signed_levels(5, 2)[0b10000 | code] == -0.75


@pytest.mark.parametrize(("bits", "base_bits"), WIDTHS)
def test_levels_are_those_of_the_paper(bits: int, base_bits: int) -> None:
    terms = (bits - 1) // base_bits
    sets = [
        [0.0, *(2.0 ** -(i + j * terms) for j in range(2**base_bits - 1))] for i in range(terms)
    ]
    sums = np.array(sorted(sum(choice) for choice in product(*sets)))
    np.testing.assert_allclose(np.sort(magnitudes(bits, base_bits)), sums / sums.max(), rtol=1e-6)


@pytest.mark.parametrize(("bits", "base_bits"), WIDTHS)
@given(seed=st.integers(0, 2**32 - 1))
def test_codes_are_those_of_the_nearest_level(bits: int, base_bits: int, seed: int) -> None:
    values = np.random.default_rng(seed).uniform(-1.3, 1.3, size=40).astype(np.float32)
    levels = signed_levels(bits, base_bits).astype(np.float64)
    chosen = levels[nearest_codes(values, bits=bits, base_bits=base_bits)]
    clipped = np.clip(values.astype(np.float64), -1, 1)
    best = np.abs(clipped[:, None] - levels[None]).min(axis=1)
    np.testing.assert_allclose(np.abs(chosen - clipped), best, atol=1e-12)


@pytest.mark.parametrize(("bits", "base_bits"), WIDTHS)
def test_levels_are_fixed_points_and_minus_zero_is_not_used(bits: int, base_bits: int) -> None:
    levels = signed_levels(bits, base_bits)
    codes = nearest_codes(levels, bits=bits, base_bits=base_bits)
    np.testing.assert_array_equal(levels[codes], levels)
    assert 2 ** (bits - 1) not in codes


def test_ties_go_to_the_smaller_magnitude() -> None:
    # Levels of 2 bits: 0 and 1.
    assert nearest_codes(np.float32([0.5, -0.5]), bits=2, base_bits=1).tolist() == [0, 0]


def test_alpha_scales_without_changing_the_weights() -> None:
    weight = np.array([[0.3, -9.0], [0.1, 0.2]], dtype=np.float32)
    before = weight.copy()
    coded = Apot.encode(weight, np.array([[2.0], [0.2]], np.float32), bits=5, base_bits=2)
    np.testing.assert_array_equal(weight, before)
    rows = coded.rows(np.array([0, 1], np.int32))
    assert rows[0, 1] == -2.0
    assert rows[1, 1] == np.float32(0.2)


@pytest.mark.parametrize(("bits", "base_bits"), [(5, 3), (1, 1), (9, 2), (4, 0)])
def test_widths_that_do_not_fit_are_refused(bits: int, base_bits: int) -> None:
    weight, alpha = np.ones((1, 1), np.float32), np.ones((1, 1), np.float32)
    with pytest.raises(ValueError, match="APoT takes"):
        Apot.encode(weight, alpha, bits=bits, base_bits=base_bits)
    stored = Apot.encode(weight, alpha, bits=5, base_bits=2)
    settings = {**stored.settings(), "bits": bits, "base_bits": base_bits}
    with pytest.raises(LayoutError):
        Apot.from_stored((1, 1), settings, stored.arrays())


def test_alphas_must_be_above_zero() -> None:
    weight = np.ones((1, 1), np.float32)
    with pytest.raises(ValueError, match="above 0"):
        Apot.encode(weight, np.zeros((1, 1), np.float32), bits=5, base_bits=2)
