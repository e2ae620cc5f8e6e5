import pytest
from pydantic import ValidationError

from compression.recipes.table import RecipeTable


class Small(RecipeTable):
    name: str


def test_unknown_fields_are_refused_and_values_fixed() -> None:
    with pytest.raises(ValidationError):
        Small.model_validate({"name": "a", "nam": "b"})
    with pytest.raises(ValidationError):
        Small(name="a").name = "b"  # type: ignore[misc]  # the assignment is what is tested
