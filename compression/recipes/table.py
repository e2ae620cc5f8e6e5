"""The base of a recipe's tables."""

from collections.abc import Mapping

from pydantic import BaseModel, ConfigDict
from pydantic.fields import FieldInfo


class RecipeTable(BaseModel):
    """A frozen table; unknown fields are errors."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    @classmethod
    def fields_of(cls, table: object) -> Mapping[str, FieldInfo]:  # noqa: ARG003  # for overrides
        """The fields that a table of a recipe file may have.

        Args:
            table: as it was read; it may be wrong in any way.
        """
        return cls.model_fields
