"""Names of fields as in the file."""

import pytest
from pydantic import ValidationError

from compression.recipes.recipe import Recipe
from compression.recipes.validation_errors import describe, first_message


def test_tags_of_unions_are_left_out() -> None:
    table = {
        "name": "r",
        "data": {"format": "goemotions", "label": "x"},
        "base": {"ffnn": {"model": {"architecture": "gru", "dims": 3}}},
        "variant": [{"name": "a", "method": "none"}],
    }
    with pytest.raises(ValidationError) as caught:
        Recipe.model_validate(table)
    fields, messages = zip(*(line.split(": ", 1) for line in describe(caught.value)), strict=True)
    assert fields == ("data.label", "base.ffnn.model.dims", "variant.0")
    assert messages[2].startswith("unknown method 'none'")
    assert first_message(caught.value) == messages[0]
