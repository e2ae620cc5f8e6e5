import pytest
from pydantic import ValidationError

from compression.recipe_table import Array, RecipeTable


class Small(RecipeTable):
    name: str
    size: float = 1.0
    widths: Array[int] = ()


def test_unknown_fields_are_refused_and_values_fixed() -> None:
    with pytest.raises(ValidationError):
        Small.model_validate({"name": "a", "nam": "b"})
    with pytest.raises(ValidationError):
        Small(name="a").name = "b"  # type: ignore[misc]  # the assignment is what is tested


def test_arrays_are_lists_or_tuples() -> None:
    assert Small.model_validate({"name": "a", "widths": [1, 2]}).widths == (1, 2)
    assert Small(name="a", widths=(1, 2), size=3).size == 3.0


@pytest.mark.parametrize(
    "field",
    [{"size": "3"}, {"size": True}, {"size": float("inf")}, {"widths": [True]}, {"widths": ["1"]}],
)
def test_values_of_other_types_are_refused(field: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Small.model_validate({"name": "a", **field})
