"""`[search]`: the search space of `compression.search`; each field is a list of choices."""

import itertools
from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import Field, ValidationError, field_validator

from compression.messages import listed
from compression.methods import METHODS
from compression.recipe_table import Array, RecipeTable
from compression.recipes.parsing.validation_errors import first_message
from compression.settings import BaseSettings
from edgemood.errors import UnknownNameError

_MAX_COMBINATIONS = 10_000

Choices = Annotated[Array[Any], Field(min_length=1)]


class SearchSettings(RecipeTable):
    """A base, choices for some of its fields, and choices for methods."""

    base: str
    """Its settings are those of every trial, except for `widths`."""
    widths: dict[str, Choices] = {}  # noqa: RUF012  # pydantic copies defaults
    """Fields of the base, as paths: `"model.dim" = [8, 16]`."""
    methods: Annotated[dict[str, dict[str, Choices]], Field(min_length=1)]
    """`[search.methods.NAME]`: choices for the method's fields."""

    @field_validator("methods")
    @classmethod
    def _fields_exist(cls, methods: dict[str, dict[str, Choices]]) -> dict[str, dict[str, Choices]]:
        for name, choices in methods.items():
            try:
                known = METHODS[name].model_fields
            except UnknownNameError as error:
                raise ValueError(str(error)) from error
            for key in set(choices) - set(known):
                raise ValueError(f"{name} has no {key}; known: {listed(tuple(known))}")
            _check_some_combination_fits(name, choices)
        return methods

    def check_widths(self, base: BaseSettings) -> None:
        """Check each choice of `widths` on its own.

        Raises:
            ValueError: the base has no such field, or does not allow the value.
        """
        for path, choices in self.widths.items():
            for choice in choices:
                _check_width(base, path, choice)


def _check_some_combination_fits(method: str, choices: Mapping[str, Choices]) -> None:
    problem = ""
    for values in itertools.islice(itertools.product(*choices.values()), _MAX_COMBINATIONS):
        try:
            METHODS[method].model_validate(dict(zip(choices, values, strict=True)))
        except ValidationError as error:
            problem = problem or first_message(error)
        else:
            return
    raise ValueError(f"no choices for {method} fit together: {problem}")


def _check_width(base: BaseSettings, path: str, choice: Any) -> None:
    try:
        base.with_fields({path: choice})
    except ValidationError as error:
        raise ValueError(f"search.widths.{path}: {first_message(error)}") from error
    except ValueError as error:
        raise ValueError(f"search.widths: {error}") from error
