"""`[[variant]]`: one variant to build."""

from collections.abc import Mapping
from typing import Any

from pydantic import SerializeAsAny, model_validator
from pydantic.fields import FieldInfo

from compression.checkpoints.checkpoint import VocabularyEncoding
from compression.messages import suggestion
from compression.methods import METHODS, Method
from compression.tuning.settings import DecisionSettings
from edgemood.errors import UnknownNameError
from edgemood.format.manifest import Name

_OWN_FIELDS = ("name", "base", "vocabulary", "fold", *DecisionSettings.model_fields)


class Variant(DecisionSettings):
    """A name, a base, a vocabulary, a decision and a method.

    All other fields are the method's settings.
    """

    name: Name
    base: str | None = None
    """May be omitted in a recipe with one base."""
    vocabulary: VocabularyEncoding = "plain"
    """How words are stored: as text, or as fingerprints of two bytes each."""
    fold: bool = False
    """Whether to merge the table with the first linear layer; see `checkpoints.folding`."""
    method: SerializeAsAny[Method]

    @classmethod
    def fields_of(cls, table: object) -> Mapping[str, FieldInfo]:
        """The variant's own fields and those of its method."""
        name = table.get("method") if isinstance(table, dict) else None
        settings = METHODS[name].model_fields if isinstance(name, str) and name in METHODS else {}
        own = {name: cls.model_fields[name] for name in (*_OWN_FIELDS, "method")}
        return {**own, **settings}

    @model_validator(mode="before")
    @classmethod
    def _move_settings_to_method(cls, table: Any) -> Any:
        if not isinstance(table, dict) or not isinstance(table.get("method"), str):
            known = ", ".join(METHODS)
            # pydantic reports a ValueError as a problem of the field, a TypeError not.
            raise ValueError(f"needs a `method`, one of: {known}")  # noqa: TRY004
        try:
            method = METHODS[table["method"]]
        except UnknownNameError as error:
            raise ValueError(f"{error}{suggestion(table['method'], METHODS)}") from error
        own = {key: table[key] for key in _OWN_FIELDS if key in table}
        settings = {k: v for k, v in table.items() if k not in (*_OWN_FIELDS, "method")}
        return {**own, "method": method.model_validate(settings)}
