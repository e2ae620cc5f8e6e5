"""What to build, as a TOML file: `[data]`, `[base.NAME]` and `[[variant]]` tables.

A `[[variant]]` names itself, its method, its base and perhaps how its words are stored; its other
fields are the method's settings.
A base may be `like` another one, `without` some of its tables, and then says only what differs.
With `seeds` every base is trained, and every variant built, once for each seed.
"""

import itertools
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    SerializeAsAny,
    ValidationError,
    field_validator,
    model_validator,
)

from compression.checkpoints.checkpoint import VocabularyEncoding
from compression.data.goemotions import GoEmotions
from compression.data.tabular import Table
from compression.errors import RecipeError
from compression.methods import METHODS, Method
from compression.networks import ARCHITECTURES
from compression.seeds import seeded
from compression.settings import BaseSettings, BaseStart, Seed, TeacherStart, TransformerSettings
from edgemood.errors import UnknownNameError
from edgemood.format.manifest import VARIANT_NAME, Name

DataSettings = Annotated[GoEmotions | Table, Field(discriminator="format")]
EVERY_TEACHER = "*"
"""Stands for all transformers of a recipe where folders are given."""
_OWN_FIELDS = ("name", "base", "vocabulary", "fold", "method")
_MOST_COMBINATIONS = 10_000
_UNION_TAGS = ("goemotions", "table", *ARCHITECTURES, "file", "base", "teacher")


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Variant(_Part):
    """One `[[variant]]`: a name, a base, a vocabulary and a method with its settings."""

    name: Name
    base: str | None = None
    """May be left out where the recipe has one base."""
    vocabulary: VocabularyEncoding = "plain"
    """How words are stored: to be read, or two bytes each."""
    fold: bool = False
    """Whether table and first linear step become one; see `compression.checkpoints.folding`."""
    method: SerializeAsAny[Method]

    @model_validator(mode="before")
    @classmethod
    def _settings_to_method(cls, table: Any) -> Any:
        if not isinstance(table, dict) or not isinstance(table.get("method"), str):
            known = ", ".join(METHODS)
            raise ValueError(f"a variant needs a method: one of {known}")  # noqa: TRY004
        try:
            method = METHODS[table["method"]]
        except UnknownNameError as error:
            raise ValueError(str(error)) from error
        settings = {key: value for key, value in table.items() if key not in _OWN_FIELDS}
        own = {key: table[key] for key in _OWN_FIELDS[:-1] if key in table}
        return {**own, "method": method.model_validate(settings)}


Choices = Annotated[tuple[Any, ...], Field(min_length=1)]


class SearchSettings(_Part):
    """`[search]`: what `compression.search.study` tries; each field is a list of choices."""

    base: str
    """Its settings, where `widths` does not change them, are those of every trial."""
    widths: dict[str, Choices] = {}
    """Fields of the base, as paths: `"model.dim" = [8, 16]`."""
    methods: Annotated[dict[str, dict[str, Choices]], Field(min_length=1)]
    """`[search.methods.NAME]`, with the choices for the method's fields."""

    @field_validator("methods")
    @classmethod
    def _choices_exist(
        cls, methods: dict[str, dict[str, Choices]]
    ) -> dict[str, dict[str, Choices]]:
        for name, fields in methods.items():
            try:
                known = METHODS[name].model_fields
            except UnknownNameError as error:
                raise ValueError(str(error)) from error
            if unknown := set(fields) - set(known):
                raise ValueError(f"{name} has no {', '.join(sorted(unknown))}")
            _check_some_fit(name, fields)
        return methods


def _check_some_fit(method: str, fields: Mapping[str, Choices]) -> None:
    """Make sure that not every combination of choices would be refused.

    Raises:
        ValueError: it would.
    """
    problem = ""
    for ways in itertools.islice(itertools.product(*fields.values()), _MOST_COMBINATIONS):
        try:
            METHODS[method].model_validate(dict(zip(fields, ways, strict=True)))
        except ValidationError as error:
            problem = problem or error.errors()[0]["msg"]
        else:
            return
    raise ValueError(f"no choices for {method} fit together: {problem}")


class Recipe(_Part):
    """A whole recipe."""

    name: Name
    data: DataSettings
    base: Annotated[dict[Name, BaseSettings], Field(min_length=1)]
    teacher: dict[Name, TransformerSettings] = {}
    """Transformers that bases may learn from."""
    variant: tuple[Variant, ...] = ()
    search: SearchSettings | None = None
    seeds: tuple[Seed, ...] = ()
    """Where given, they take the place of the bases' own; see `expanded`."""

    @field_validator("base", mode="before")
    @classmethod
    def _bases_in_full(cls, tables: Any) -> Any:
        if not isinstance(tables, dict):
            return tables
        return {name: _in_full(name, tables, ()) for name in tables}

    @field_validator("variant")
    @classmethod
    def _names_are_unique(cls, variants: tuple[Variant, ...]) -> tuple[Variant, ...]:
        names = [variant.name for variant in variants]
        if len(set(names)) != len(names):
            raise ValueError(f"two variants share a name: {', '.join(names)}")
        return variants

    @model_validator(mode="after")
    def _seeded_names_are_names(self) -> Self:
        names = [*self.base, *(variant.name for variant in self.variant)]
        for name in names if self.seeds else ():
            longest = seeded(name, max(self.seeds))
            if not re.match(VARIANT_NAME, longest):
                raise ValueError(f"the name {longest} is too long; shorten {name}")
        return self

    @field_validator("seeds")
    @classmethod
    def _seeds_are_unique(cls, seeds: tuple[int, ...]) -> tuple[int, ...]:
        if len(set(seeds)) != len(seeds):
            raise ValueError("a seed comes twice")
        return seeds

    @model_validator(mode="after")
    def _bases_that_others_need_exist(self) -> Self:
        if twice := set(self.base) & set(self.teacher):
            raise ValueError(f"a base and a teacher share the name {', '.join(sorted(twice))}")
        for name, settings in self.base.items():
            for role, other in _needed(settings):
                there = {
                    "teacher": (*self.base, *self.teacher),
                    "transformer": tuple(self.teacher),
                    "embedding": tuple(self.base),
                }[role]
                if other not in there:
                    known = ", ".join(there) or "none"
                    raise ValueError(f"base {name}: no {role} {other!r}; there are: {known}")
            taught = settings.distillation
            if taught and taught.co_training and taught.teacher in self.teacher:
                raise ValueError(f"base {name}: a transformer does not take part in co-training")
            if taught and taught.co_training and self.base[taught.teacher].distillation:
                raise ValueError(f"base {name}: a co-trained teacher has no teacher of its own")
        for name in self.base:
            self._walk(name, ())
        return self

    def _walk(self, name: str, before: tuple[str, ...]) -> None:
        if name in before:
            circle = " <- ".join([*before[before.index(name) :], name])
            raise ValueError(f"bases need each other in a circle: {circle}")
        for _, other in _needed(self.base[name]):
            if other in self.base:
                self._walk(other, (*before, name))

    @model_validator(mode="after")
    def _bases_exist(self) -> Self:
        if not self.variant and self.search is None:
            raise ValueError("a recipe needs a [[variant]] or a [search]")
        for variant in self.variant:
            self.base_of(variant)
        if self.search and self.search.base not in self.base:
            known = ", ".join(self.base)
            raise ValueError(f"search: no base {self.search.base!r}; there are: {known}")
        if self.search:
            for path, ways in self.search.widths.items():
                for way in ways:
                    self._check_width(self.search.base, path, way)
        return self

    def _check_width(self, base: str, path: str, way: Any) -> None:
        try:
            self.base[base].with_fields({path: way})
        except ValidationError as error:
            raise ValueError(f"search.widths.{path}: {error.errors()[0]['msg']}") from error
        except ValueError as error:
            raise ValueError(f"search.widths: {error}") from error

    def needed_by(self, settings: BaseSettings) -> dict[str, BaseSettings]:
        """The bases that must be there before this one, those that these need first."""
        found: dict[str, BaseSettings] = {}
        for _, other in _needed(settings):
            if other in self.base:
                found |= {**self.needed_by(self.base[other]), other: self.base[other]}
        return found

    def base_of(self, variant: Variant) -> str:
        """Name of the base that a variant compresses.

        Raises:
            ValueError: there is no such base, or none is named and there are several.
        """
        if variant.base in self.base:
            return variant.base
        known = ", ".join(self.base)
        if variant.base is not None:
            raise ValueError(
                f"variant {variant.name}: no base {variant.base!r}; there are: {known}"
            )
        if len(self.base) > 1:
            raise ValueError(f"variant {variant.name}: name its base, one of: {known}")
        return next(iter(self.base))

    def _with_seed(self, settings: BaseSettings, seed: int) -> BaseSettings:
        """A base of this seed; its teacher is of the same, unless it is a transformer."""
        changes: dict[str, Any] = {"seed": seed}
        if settings.distillation and settings.distillation.teacher in self.base:
            teacher = {"teacher": seeded(settings.distillation.teacher, seed)}
            changes["distillation"] = settings.distillation.model_copy(update=teacher)
        if isinstance(settings.embedding, BaseStart):
            other = {"base": seeded(settings.embedding.base, seed)}
            changes["embedding"] = settings.embedding.model_copy(update=other)
        return settings.model_copy(update=changes)

    def with_teachers(self, folders: Mapping[str, str]) -> Self:
        """The recipe with local folders for some of its transformers, or all.

        Args:
            folders: of teachers by name; that of `EVERY_TEACHER` is for those without one.

        Raises:
            RecipeError: it has no transformer of that name.
        """
        if unknown := set(folders) - {*self.teacher, EVERY_TEACHER}:
            there = ", ".join(self.teacher) or "none"
            raise RecipeError(f"no teacher {', '.join(sorted(unknown))}; there are: {there}")
        found = {
            name: settings.model_copy(
                update={"model": folders.get(name, folders.get(EVERY_TEACHER, settings.model))}
            )
            for name, settings in self.teacher.items()
        }
        return self.model_copy(update={"teacher": found})

    def with_seeds(self, seeds: Sequence[int]) -> Self:
        """The recipe with these seeds in the place of its own.

        Raises:
            RecipeError: a seed comes twice, or makes a name too long.
        """
        try:
            return self.model_validate({**dict(self), "seeds": tuple(seeds)})
        except ValidationError as error:
            raise RecipeError(error.errors()[0]["msg"].removeprefix("Value error, ")) from error

    def expanded(self) -> Self:
        """The recipe in full: `NAME.sSEED` for each base, variant and seed, if it has seeds."""
        if not self.seeds:
            return self
        bases, variants = {}, []
        for seed in self.seeds:
            for name, settings in self.base.items():
                bases[seeded(name, seed)] = self._with_seed(settings, seed)
            for variant in self.variant:
                own = {
                    "name": seeded(variant.name, seed),
                    "base": seeded(self.base_of(variant), seed),
                }
                variants.append(variant.model_copy(update=own))
        return self.model_copy(update={"base": bases, "variant": tuple(variants), "seeds": ()})

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read a recipe file.

        Raises:
            RecipeError: it is missing, not TOML, or a field is wrong; each field is named.
        """
        try:
            return cls.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
        except OSError as error:
            raise RecipeError(f"{path}: {error.strerror}") from error
        except ValidationError as error:
            lines = [
                f"  {_where(problem['loc'])}: {problem['msg'].removeprefix('Value error, ')}"
                for problem in error.errors()
            ]
            raise RecipeError("\n".join([f"{path}:", *lines])) from error
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise RecipeError(f"{path}: not TOML: {error}") from error


def _in_full(name: str, tables: Mapping[str, Any], before: tuple[str, ...]) -> Any:
    """The table of a base with everything that it takes over from the one it is like.

    Raises:
        ValueError: there is no such base, or no such table, or bases are like each other.
    """
    own = tables[name]
    if not isinstance(own, dict) or "like" not in own:
        return own
    other, without = own["like"], own.get("without", [])
    if other not in tables:
        raise ValueError(f"base {name}: like {other!r}; there are: {', '.join(tables)}")
    if other in (name, *before):
        raise ValueError(f"base {name}: like {other}, which is like {name}")
    taken = dict(_in_full(other, tables, (name, *before)))
    for part in without:
        if part not in taken:
            raise ValueError(f"base {name}: without {part!r}; {other} has: {', '.join(taken)}")
        del taken[part]
    return _merged(taken, {k: v for k, v in own.items() if k not in ("like", "without")})


def _merged(under: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """The second table on top of the first, table by table."""
    both = {
        key: _merged(under[key], value)
        for key, value in over.items()
        if isinstance(value, dict) and isinstance(under.get(key), dict)
    }
    return {**under, **over, **both}


def _needed(settings: BaseSettings) -> Iterator[tuple[str, str]]:
    """The bases that must be there before this one, and what they are to it."""
    if settings.distillation is not None:
        yield "teacher", settings.distillation.teacher
    if isinstance(settings.embedding, BaseStart):
        yield "embedding", settings.embedding.base
    if isinstance(settings.embedding, TeacherStart):
        yield "transformer", settings.embedding.teacher


def _where(location: tuple[int | str, ...]) -> str:
    """The place of a problem as the file has it: without the tags that pydantic adds to unions."""
    steps = [
        str(step)
        for before, step in zip(("", *location), location, strict=False)
        if before not in ("data", "model", "embedding") or step not in _UNION_TAGS
    ]
    return ".".join(steps)
