"""Logits as bytes: by hand, and within the stated error."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from service.inference.logit_codes import MAX_CODE, MAX_ERROR, STEPS, decode, encode

LIMIT = MAX_CODE / STEPS


def test_codes_by_hand() -> None:
    logits = np.array([[0, 1, -1.0625, 0.07], [-100, 15.9, np.inf, -np.inf]], np.float32)
    # 8 · -1.0625 = -8.5 is rounded to the even -8, 8 · .07 = .56 to 1.
    assert encode(logits) == [bytes((0, 8, 256 - 8, 1)), bytes((256 - 127, 127, 127, 256 - 127))]
    found = decode(encode(logits))
    np.testing.assert_array_equal(
        found, [[0, 1, -1, 0.125], [-15.875, 15.875, 15.875, -15.875]], strict=False
    )
    assert found.dtype == np.float32


@given(
    arrays(
        np.float32,
        st.tuples(st.integers(1, 5), st.integers(1, 9)),
        elements=st.floats(-40, 40, width=32),
    )
)
def test_the_error_is_bounded_and_codes_are_their_own_round_trip(logits: np.ndarray) -> None:
    codes = encode(logits)
    assert [len(of_text) for of_text in codes] == [logits.shape[1]] * len(logits)
    found = decode(codes)
    assert np.abs(found - np.clip(logits, -LIMIT, LIMIT)).max() <= MAX_ERROR
    assert encode(found) == codes


def test_an_affine_fit_of_codes_is_that_of_the_logits() -> None:
    """Rounding moves the line by far less than 300 texts can tell."""
    generator = np.random.default_rng(3)
    logits = generator.normal(-2, 1.2, size=(300, 1)).astype(np.float32)
    target = 0.7 * logits[:, 0] + 0.4
    slope, bias = np.polyfit(decode(encode(logits))[:, 0], target, 1)
    assert slope == pytest.approx(0.7, abs=0.005)
    assert bias == pytest.approx(0.4, abs=0.01)
