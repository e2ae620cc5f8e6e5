"""Plain floating point in both precisions."""

import numpy as np
import pytest

from edgemood.encodings import Dense
from edgemood.errors import LayoutError

VALUES = np.array([[1, 0.1], [-2, 3]], np.float32)


def test_float32_is_used_in_place() -> None:
    weight = Dense.encode(VALUES)
    assert np.shares_memory(weight.values, VALUES)
    weight.matmul(VALUES)
    assert weight.resident_bytes == 16


def test_float16_rounds_and_expands_at_the_first_product() -> None:
    weight = Dense.encode(VALUES, bits=16)
    assert weight.settings() == {"bits": 16}
    assert weight.rows(np.array([0], np.int32)).tolist() == [[1, float(np.float16(0.1))]]
    assert weight.resident_bytes == 8
    assert weight.matmul(np.eye(2, dtype=np.float32))[0, 1] == -2
    assert weight.resident_bytes == 8 + 16


def test_other_precisions_are_refused() -> None:
    with pytest.raises(ValueError, match="8"):
        Dense.encode(VALUES, bits=8)
    with pytest.raises(LayoutError, match="8"):
        Dense.from_stored((2, 2), {"bits": 8}, {"values": VALUES})


@pytest.mark.parametrize("value", [np.inf, np.nan])
def test_values_that_are_not_finite_are_refused(value: float) -> None:
    with pytest.raises(LayoutError, match="values"):
        Dense.from_stored((1, 1), {"bits": 32}, {"values": np.full((1, 1), value, np.float32)})
