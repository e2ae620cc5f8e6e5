"""Bases that need other bases, or transformers, before they can be trained."""

from collections.abc import Collection, Iterator, Mapping
from typing import Literal

from compression.settings import BaseSettings, BaseStart, TeacherStart, TransformerSettings
from compression.teachers.label_heads import MAIN_HEAD

Role = Literal["teacher", "embedding", "transformer"]
Bases = Mapping[str, BaseSettings]


def required_bases(settings: BaseSettings, bases: Bases) -> dict[str, BaseSettings]:
    """The bases that must be trained before this one, each after those that it requires itself."""
    found: dict[str, BaseSettings] = {}
    for _, other in _dependencies(settings):
        if other in bases:
            found |= {**required_bases(bases[other], bases), other: bases[other]}
    return found


def check_dependencies(bases: Bases, transformers: Collection[str]) -> None:
    """Check that everything a base needs exists and can be trained before it.

    Raises:
        ValueError: names are ambiguous, missing or circular, or co-training is not possible.
    """
    if shared := set(bases) & set(transformers):
        raise ValueError(f"a base and a teacher share the name {', '.join(sorted(shared))}")
    for name, settings in bases.items():
        _check_existence(name, settings, bases, transformers)
        _check_co_training(name, settings, bases, transformers)
    for name in bases:
        _check_order(name, bases, ())


def check_texts(
    bases: Bases,
    transformers: Mapping[str, TransformerSettings],
    *,
    sources: Collection[str],
    collections: Collection[str],
) -> None:
    """Check that the sources and texts exist that teachers and bases name.

    Raises:
        ValueError: a name is missing or ambiguous, a collection has a weight for thresholds, or the
            teacher of a base lacks a label head.
    """
    if shared := set(sources) & set(collections):
        raise ValueError(f"a source and texts share the name {', '.join(sorted(shared))}")
    if MAIN_HEAD in sources:
        raise ValueError(f"a source cannot have the name {MAIN_HEAD}, which means [data]")
    for name, transformer in transformers.items():
        _check_names(f"teacher {name}: no source", transformer.sources, sources)
    for name, base in bases.items():
        teacher = transformers.get(base.distillation.teacher) if base.distillation else None
        _check_further(name, base, teacher, sources=sources, collections=collections)


def _check_further(
    name: str,
    base: BaseSettings,
    teacher: TransformerSettings | None,
    *,
    sources: Collection[str],
    collections: Collection[str],
) -> None:
    heads = teacher.sources if teacher else ()
    for further in base.further:
        _check_names(f"base {name}: no texts", [further.texts], [*sources, *collections])
        _check_names(f"base {name}: mix: its teacher has no source", further.mix, heads)
    tuned = [further.texts for further in base.further if further.thresholds]
    _check_names(f"base {name}: thresholds: no source", tuned, sources)
    if teacher and teacher.judgement:  # its scores of these dev splits count
        _check_names(f"base {name}: thresholds: its teacher has no source", tuned, heads)


def _check_names(problem: str, wanted: Collection[str], known: Collection[str]) -> None:
    for name in wanted:
        if name not in known:
            raise ValueError(f"{problem} {name!r}; known: {', '.join(known) or 'none'}")


def _dependencies(settings: BaseSettings) -> Iterator[tuple[Role, str]]:
    if settings.distillation is not None:
        yield "teacher", settings.distillation.teacher
    if isinstance(settings.embedding, BaseStart):
        yield "embedding", settings.embedding.base
    if isinstance(settings.embedding, TeacherStart):
        yield "transformer", settings.embedding.teacher


def _check_existence(
    name: str, settings: BaseSettings, bases: Bases, transformers: Collection[str]
) -> None:
    candidates: dict[Role, tuple[str, ...]] = {
        "teacher": (*bases, *transformers),
        "embedding": tuple(bases),
        "transformer": tuple(transformers),
    }
    for role, other in _dependencies(settings):
        if other not in candidates[role]:
            known = ", ".join(candidates[role]) or "none"
            raise ValueError(f"base {name}: no {role} {other!r}; known: {known}")


def _check_co_training(
    name: str, settings: BaseSettings, bases: Bases, transformers: Collection[str]
) -> None:
    distillation = settings.distillation
    if distillation is None or distillation.co_training is None:
        return
    if distillation.teacher in transformers:
        raise ValueError(f"base {name}: a transformer cannot be co-trained")
    if bases[distillation.teacher].distillation:
        raise ValueError(f"base {name}: a co-trained teacher cannot have a teacher of its own")


def _check_order(name: str, bases: Bases, path: tuple[str, ...]) -> None:
    if name in path:
        circle = " <- ".join([*path[path.index(name) :], name])
        raise ValueError(f"bases need each other in a circle: {circle}")
    for _, other in _dependencies(bases[name]):
        if other in bases:
            _check_order(other, bases, (*path, name))
