"""Groups of variants: no base is trained by two groups."""

import math
from collections.abc import Iterable, Sequence

from compression.data.corpora import Corpora
from compression.methods.fine_tuning import FineTuned
from compression.recipes.dependencies import required_bases
from compression.recipes.recipe import Recipe
from compression.recipes.variant import Variant
from compression.settings import BaseSettings

Group = tuple[Variant, ...]
Bases = dict[str, BaseSettings]
"""By their settings as JSON: bases with equal settings share a checkpoint, whatever their names."""


def group_variants(recipe: Recipe, variants: Sequence[Variant], corpora: Corpora) -> list[Group]:
    """Put variants together that need the same bases.

    Args:
        recipe: without seeds; see `Recipe.expanded`.
        variants: some of the recipe's.
        corpora: its data.

    Returns:
        The groups, those with the most training steps first, so that no long one begins last.
        Variants of a group keep their order.
    """
    found: list[tuple[Bases, list[Variant]]] = []
    for variant in variants:
        bases, members = _needed(recipe, variant), [variant]
        for other in [group for group in found if group[0].keys() & bases.keys()]:
            found.remove(other)
            bases, members = other[0] | bases, other[1] + members
        found.append((bases, members))
    found.sort(key=lambda group: -_steps(recipe, group[0], group[1], corpora))
    return [tuple(sorted(members, key=variants.index)) for _, members in found]


def _needed(recipe: Recipe, variant: Variant) -> Bases:
    own = recipe.base[recipe.base_of(variant)]
    needed = (*required_bases(own, recipe.base).values(), own)
    return {settings.model_dump_json(): settings for settings in needed}


def _steps(recipe: Recipe, bases: Bases, variants: Iterable[Variant], corpora: Corpora) -> int:
    """Training steps of all bases, and of the variants whose methods train further."""
    trainings = [(settings, settings.training) for settings in bases.values()]
    trainings += [
        (recipe.base[recipe.base_of(variant)], variant.method.training)
        for variant in variants
        if isinstance(variant.method, FineTuned)
    ]
    return sum(
        training.epochs * math.ceil(_texts(settings, corpora) / training.batch_size)
        for settings, training in trainings
    )


def _texts(settings: BaseSettings, corpora: Corpora) -> int:
    """About as many as the base learns from: some texts of collections are left out."""
    further = [
        len(corpora.sources[f.texts].train.texts)
        if f.texts in corpora.sources
        else len(corpora.collections[f.texts])
        for f in settings.further
    ]
    augmented = settings.augmentation.texts if settings.augmentation else 0
    return len(corpora.main.train.texts) + sum(further) + augmented
