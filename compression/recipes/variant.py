"""`[[variant]]`: one variant to build."""

from typing import Any

from pydantic import SerializeAsAny, model_validator

from compression.checkpoints.checkpoint import VocabularyEncoding
from compression.methods import METHODS, Method
from compression.recipes.table import RecipeTable
from edgemood.errors import UnknownNameError
from edgemood.format.manifest import Name

_OWN_FIELDS = ("name", "base", "vocabulary", "fold")


class Variant(RecipeTable):
    """A name, a base, a vocabulary and a method; all other fields are the method's settings."""

    name: Name
    base: str | None = None
    """May be omitted in a recipe with one base."""
    vocabulary: VocabularyEncoding = "plain"
    """How words are stored: as text, or as fingerprints of two bytes each."""
    fold: bool = False
    """Whether to merge the table with the first linear layer; see `checkpoints.folding`."""
    method: SerializeAsAny[Method]

    @model_validator(mode="before")
    @classmethod
    def _move_settings_to_method(cls, table: Any) -> Any:
        if not isinstance(table, dict) or not isinstance(table.get("method"), str):
            known = ", ".join(METHODS)
            # pydantic reports a ValueError as a problem of the field, a TypeError not.
            raise ValueError(f"a variant needs a method; known: {known}")  # noqa: TRY004
        try:
            method = METHODS[table["method"]]
        except UnknownNameError as error:
            raise ValueError(str(error)) from error
        own = {key: table[key] for key in _OWN_FIELDS if key in table}
        settings = {k: v for k, v in table.items() if k not in (*_OWN_FIELDS, "method")}
        return {**own, "method": method.model_validate(settings)}
