"""The recipe of a front: it reads back to the settings of its trials."""

from pathlib import Path

from compression.methods.fine_tuned.apot import ApotMethod
from compression.recipes.recipe import Recipe
from compression.search.front_recipe import write_recipe
from compression.search.trial import Trial

TRAINING = {"epochs": 1, "batch_size": 64}
FRONT = [
    Trial(4, "fp32", {}, {"model.dim": 4}, 10, 0.5),
    Trial(7, "apot", {"bits": 5, "training": TRAINING}, {"model.dim": 4}, 20, 0.6),
    Trial(9, "fp32", {}, {"model.dim": 8, "model.hidden": [8, 6]}, 30, 0.7),
]


def test_each_trial_is_a_variant_and_each_choice_of_widths_a_base(
    recipe: Recipe, tmp_path: Path
) -> None:
    write_recipe(FRONT, recipe, tmp_path / "front.toml")
    found = Recipe.read(tmp_path / "front.toml")
    assert (found.name, found.data) == ("tiny-pareto", recipe.data)
    assert list(found.base) == ["small-0", "small-1"]
    assert found.base["small-1"] == recipe.base["small"].with_fields(FRONT[2].widths)
    names = [(variant.name, variant.base) for variant in found.variant]
    assert names == [("trial-4", "small-0"), ("trial-7", "small-0"), ("trial-9", "small-1")]
    assert found.variant[1].method == ApotMethod.model_validate({"bits": 5, "training": TRAINING})


def test_teachers_and_required_bases_come_along(recipe: Recipe, tmp_path: Path) -> None:
    tables = recipe.model_dump(mode="json", exclude_none=True)
    tables["teacher"] = {"big": {"model": "hub/big", "seeds": [0, 1]}}
    tables["base"]["middle"] = {"distillation": {"teacher": "big"}}
    tables["base"]["small"]["distillation"] = {"teacher": "middle"}
    taught = Recipe.model_validate(tables)
    write_recipe(FRONT[:1], taught, tmp_path / "front.toml")
    found = Recipe.read(tmp_path / "front.toml")
    assert found.teacher == taught.teacher
    assert list(found.base) == ["middle", "small-0"]


def test_names_and_labels_of_any_characters(recipe: Recipe, tmp_path: Path) -> None:
    tables = recipe.model_dump(mode="json", exclude_none=True)
    tables["data"] = {"format": "table", "train": "a", "dev": "b", "labels": ["😀", "ä"]}
    tables["base"] = {"small.one": tables["base"]["small"], "small.one-0": {}}
    tables["search"]["base"] = "small.one"
    odd = Recipe.model_validate(tables)
    write_recipe(FRONT[:1], odd, tmp_path / "front.toml")
    found = Recipe.read(tmp_path / "front.toml")
    assert list(found.base) == ["small.one-1"]
    assert found.data == odd.data
