"""Which variants are built by one process, and in which order groups begin."""

from typing import Any

import pytest

from compression.data.corpora import Corpora
from compression.data.dataset import Dataset
from compression.recipes.parallel.groups import group_variants
from compression.recipes.recipe import Recipe


def recipe(bases: dict[str, Any], *variants: tuple[str, str], **further: Any) -> Recipe:
    tables = [
        {"name": name, "base": base, "method": "fp32", **further.pop(name, {})}
        for name, base in variants
    ]
    data = {"name": "r", "data": {"format": "goemotions"}, "base": bases, "variant": tables}
    return Recipe.model_validate({**data, **further})


def names(made: Recipe, dataset: Dataset, **collections: tuple[str, ...]) -> list[list[str]]:
    groups = group_variants(made, made.variant, Corpora(dataset, {}, collections))
    return [[variant.name for variant in group] for group in groups]


def trained(epochs: int, **further: Any) -> dict[str, Any]:
    return {"training": {"epochs": epochs, "batch_size": 16}, **further}


def taught(teacher: str, epochs: int, **further: Any) -> dict[str, Any]:
    return trained(epochs, distillation={"teacher": teacher}, **further)


def test_variants_of_one_base_keep_their_order(dataset: Dataset) -> None:
    made = recipe(
        {"a": trained(2), "b": trained(3)}, ("v", "a"), ("w", "b"), ("x", "a"), ("y", "b")
    )
    assert names(made, dataset) == [["w", "y"], ["v", "x"]]


def test_bases_that_need_each_other_are_one_group(dataset: Dataset) -> None:
    bases = {
        "teacher": trained(1),
        "student": taught("teacher", 2),
        "start": trained(3, embedding={"start": "base", "base": "student"}),
        "other": trained(4),
    }
    made = recipe(bases, ("v", "start"), ("w", "other"), ("x", "teacher"))
    assert names(made, dataset) == [["v", "x"], ["w"]]  # 1 + 2 + 3 epochs, and 4


def test_a_variant_may_join_two_groups(dataset: Dataset) -> None:
    bases = {"a": trained(1), "b": trained(2), "c": trained(9), "d": taught("a", 3)}
    bases["d"]["embedding"] = {"start": "base", "base": "b"}
    made = recipe(bases, ("u", "b"), ("v", "a"), ("w", "c"), ("x", "d"))
    assert names(made, dataset) == [["w"], ["u", "v", "x"]]


def test_bases_with_equal_settings_share_a_checkpoint(dataset: Dataset) -> None:
    made = recipe({"a": trained(1), "b": trained(1), "c": trained(2)}, ("v", "a"), ("w", "b"))
    assert names(made, dataset) == [["v", "w"]]


def test_seeds_are_groups_of_their_own(dataset: Dataset) -> None:
    made = recipe({"a": trained(1), "b": taught("a", 1)}, ("v", "a"), ("w", "b"), seeds=[1, 2])
    assert names(made.expanded(), dataset) == [["v.s1", "w.s1"], ["v.s2", "w.s2"]]


@pytest.mark.parametrize(
    "longer", [{"augmentation": {"texts": 401}}, {"further": [{"texts": "t"}]}]
)
def test_further_texts_count_as_steps(dataset: Dataset, longer: dict[str, Any]) -> None:
    bases = {"few": taught("big", 2), "many": taught("big", 1, **longer)}
    tables = {"teacher": {"big": {"model": "m"}}, "texts": {"t": {"format": "templates"}}}
    made = recipe(bases, ("v", "few"), ("w", "many"), **tables)
    texts = tuple(f"text {number}" for number in range(401))
    assert names(made, dataset, t=texts) == [["w"], ["v"]]


def test_fine_tuning_counts_as_steps(dataset: Dataset) -> None:
    tuned = {"method": "lsq", "training": {"epochs": 3, "batch_size": 16}}
    made = recipe({"a": trained(3), "b": trained(1)}, ("v", "a"), ("w", "b"), w=tuned)
    assert names(made, dataset) == [["w"], ["v"]]
