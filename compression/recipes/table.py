"""The base of a recipe's tables."""

from pydantic import BaseModel, ConfigDict


class RecipeTable(BaseModel):
    """A frozen table; unknown fields are errors."""

    model_config = ConfigDict(frozen=True, extra="forbid")
