"""The base of all tables of a recipe."""

from collections.abc import Mapping
from typing import Annotated, TypeAlias, TypeVar

from pydantic import BaseModel, ConfigDict, Field
from pydantic.fields import FieldInfo

T = TypeVar("T")

# Strictly, a list is no tuple; its items are still of the type that the field says.
Array: TypeAlias = Annotated[tuple[T, ...], Field(strict=False)]
"""An array of TOML or JSON."""


class RecipeTable(BaseModel):
    """A frozen table; unknown fields and values of other types are errors.

    TOML has types, so `"3"` and `true` are no numbers. Numbers are finite.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)

    @classmethod
    def fields_of(cls, table: object) -> Mapping[str, FieldInfo]:  # noqa: ARG003  # for overrides
        """The fields that a table of a recipe file may have.

        Args:
            table: as it was read; it may be wrong in any way.
        """
        return cls.model_fields
