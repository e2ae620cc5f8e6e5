import pytest
from pydantic import ValidationError

from compression.evaluation.figures import Spread


def test_records_are_frozen_and_refuse_other_fields() -> None:
    spread = Spread(mean=1, sd=0)
    with pytest.raises(ValidationError):
        spread.mean = 2  # type: ignore[misc]  # the assignment is what is tested
    with pytest.raises(ValidationError):
        Spread.model_validate({"mean": 1, "sd": 0, "variance": 0})
