"""A recipe: tables of data, teachers, bases, variants and search.

With `seeds` every base is trained, and every variant built, once for each seed.
"""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import Field, ValidationError, field_validator, model_validator

from compression.data.corpora import Corpora
from compression.data.goemotions import GoEmotions
from compression.data.tabular import Table
from compression.data.text_collections import TextCollection
from compression.errors import RecipeError
from compression.recipe_table import Array, RecipeTable
from compression.recipes.dependencies import check_dependencies, check_texts
from compression.recipes.parsing import validation_errors
from compression.recipes.parsing.inheritance import resolve_bases
from compression.recipes.parsing.toml_file import read_toml
from compression.recipes.search_settings import SearchSettings
from compression.recipes.seeding import seed_bases
from compression.recipes.variant import Variant
from compression.seeds import seeded
from compression.settings import BaseSettings, Seed, TransformerSettings
from edgemood.format.manifest import VARIANT_NAME, Name

DataSettings = Annotated[GoEmotions | Table, Field(discriminator="format")]
EVERY_TEACHER = "*"
"""The name that stands for all teachers in `Recipe.with_teachers`."""


class Recipe(RecipeTable):
    """A recipe file."""

    name: Name
    data: DataSettings
    source: dict[Name, DataSettings] = {}  # noqa: RUF012  # pydantic copies defaults
    """Further labelled data, in files of the same folder as those of `data`."""
    texts: dict[Name, TextCollection] = {}  # noqa: RUF012  # pydantic copies defaults
    """Texts without labels, for a teacher to judge."""
    base: Annotated[dict[Name, BaseSettings], Field(min_length=1)]
    teacher: dict[Name, TransformerSettings] = {}  # noqa: RUF012  # pydantic copies defaults
    """Transformers that bases may learn from."""
    variant: Array[Variant] = ()
    search: SearchSettings | None = None
    seeds: Array[Seed] = ()
    """Replace the seeds of the bases; see `expanded`."""

    @field_validator("base", mode="before")
    @classmethod
    def _resolve_bases(cls, tables: Any) -> Any:
        return resolve_bases(tables) if isinstance(tables, dict) else tables

    @field_validator("variant")
    @classmethod
    def _variant_names_are_unique(cls, variants: tuple[Variant, ...]) -> tuple[Variant, ...]:
        names = [variant.name for variant in variants]
        if len(set(names)) != len(names):
            raise ValueError(f"two variants share a name: {', '.join(names)}")
        return variants

    @field_validator("seeds")
    @classmethod
    def _seeds_are_unique(cls, seeds: tuple[int, ...]) -> tuple[int, ...]:
        if len(set(seeds)) != len(seeds):
            raise ValueError("a seed occurs twice")
        return seeds

    @model_validator(mode="after")
    def _seeded_names_are_valid(self) -> Self:
        names = [*self.base, *(variant.name for variant in self.variant)]
        for name in names if self.seeds else ():
            longest = seeded(name, max(self.seeds))
            if not re.match(VARIANT_NAME, longest):
                raise ValueError(f"the name {longest} is too long; shorten {name}")
        return self

    @model_validator(mode="after")
    def _dependencies_exist(self) -> Self:
        check_dependencies(self.base, self.teacher)
        check_texts(self.base, self.teacher, sources=self.source, collections=self.texts)
        return self

    @model_validator(mode="after")
    def _bases_of_variants_and_search_exist(self) -> Self:
        if not self.variant and self.search is None:
            raise ValueError("a recipe needs a [[variant]] or a [search]")
        for variant in self.variant:
            self.base_of(variant)
        if self.search:
            if self.search.base not in self.base:
                known = ", ".join(self.base)
                raise ValueError(f"search: no base {self.search.base!r}; known: {known}")
            self.search.check_widths(self.base[self.search.base])
        return self

    def base_of(self, variant: Variant) -> str:
        """Name of the base that a variant compresses.

        Raises:
            ValueError: the base does not exist, or is not named in a recipe of several.
        """
        if variant.base in self.base:
            return variant.base
        known = ", ".join(self.base)
        if variant.base is not None:
            raise ValueError(f"variant {variant.name}: no base {variant.base!r}; known: {known}")
        if len(self.base) > 1:
            raise ValueError(f"variant {variant.name}: name its base, one of: {known}")
        return next(iter(self.base))

    def load(self, folder: Path) -> Corpora:
        """Read all data.

        Args:
            folder: of the data files.

        Raises:
            DatasetError: a file is missing or malformed.
        """
        sources = {name: settings.load(folder) for name, settings in self.source.items()}
        collections = {name: settings.load(folder) for name, settings in self.texts.items()}
        return Corpora(self.data.load(folder), sources, collections)

    def with_source_as_data(self, name: str) -> Self:
        """The recipe with a source in the place of `[data]`, and the other way round.

        The teachers stay the same, since they are fine-tuned on both.

        Raises:
            RecipeError: there is no such source.
        """
        if name not in self.source:
            known = ", ".join(self.source) or "none"
            raise RecipeError(f"recipe {self.name} has no source {name}; known: {known}")
        swapped = {"data": self.source[name], "source": {**self.source, name: self.data}}
        return self.model_copy(update=swapped)

    def with_teachers(self, folders: Mapping[str, str]) -> Self:
        """The recipe with local folders in place of its teachers' hub names.

        Args:
            folders: by name of the teacher; that of `EVERY_TEACHER` is for all other teachers.

        Raises:
            RecipeError: the recipe has no teacher of a given name.
        """
        if unknown := set(folders) - {*self.teacher, EVERY_TEACHER}:
            known = ", ".join(self.teacher) or "none"
            raise RecipeError(f"no teacher {', '.join(sorted(unknown))}; known: {known}")
        default = folders.get(EVERY_TEACHER)
        teachers = {
            name: settings.model_copy(
                update={"model": folders.get(name, default or settings.model)}
            )
            for name, settings in self.teacher.items()
        }
        return self.model_copy(update={"teacher": teachers})

    def with_seeds(self, seeds: Sequence[int]) -> Self:
        """The recipe with other seeds.

        Raises:
            RecipeError: a seed occurs twice, or makes a name too long.
        """
        try:
            return self.model_validate({**dict(self), "seeds": tuple(seeds)})
        except ValidationError as error:
            raise RecipeError(validation_errors.first_message(error)) from error

    def expanded(self) -> Self:
        """The same recipe without `seeds`, with bases and variants `NAME.sSEED` for each seed."""
        if not self.seeds:
            return self
        variants = [
            variant.model_copy(
                update={
                    "name": seeded(variant.name, seed),
                    "base": seeded(self.base_of(variant), seed),
                }
            )
            for seed in self.seeds
            for variant in self.variant
        ]
        bases = seed_bases(self.base, self.seeds)
        return self.model_copy(update={"base": bases, "variant": tuple(variants), "seeds": ()})

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read a recipe file.

        Raises:
            RecipeError: the file is missing or not TOML, or fields are wrong; each one is named.
        """
        table = read_toml(path)
        try:
            return cls.model_validate(table)
        except ValidationError as error:
            problems = list(validation_errors.describe(error, cls, table))
            separator = " " if len(problems) == 1 else "\n  "
            raise RecipeError(separator.join([f"{path}:", *problems])) from error
