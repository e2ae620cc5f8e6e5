"""Recipe files: valid and invalid fields."""

from pathlib import Path

import pytest

from compression.errors import RecipeError
from compression.methods.post_training.int8_static import Int8Static
from compression.recipes.recipe import EVERY_TEACHER, Recipe

RECIPES = Path(__file__).parents[3] / "compression" / "recipes"

GOOD = """
name = "r"
[data]
format = "goemotions"
[base.ffnn]
seed = 3
[[variant]]
name = "fp32"
method = "fp32"
[[variant]]
name = "small"
method = "int8-static"
activations = "percentile"
"""


def read(tmp_path: Path, text: str) -> Recipe:
    path = tmp_path / "r.toml"
    path.write_text(text, encoding="utf-8")
    return Recipe.read(path)


@pytest.mark.parametrize("path", sorted(RECIPES.glob("*.toml")), ids=lambda path: path.stem)
def test_every_recipe_of_the_repository_is_valid(path: Path) -> None:
    recipe = Recipe.read(path)
    assert recipe.variant or recipe.search


def test_settings_reach_the_method(tmp_path: Path) -> None:
    recipe = read(tmp_path, GOOD)
    small = recipe.variant[1]
    assert small.method == Int8Static(activations="percentile")
    assert recipe.base_of(small) == "ffnn"
    assert recipe.base["ffnn"].seed == 3


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("seed = 3", "seed = -3", "base.ffnn.seed"),
        ("seed = 3", "sede = 3", "base.ffnn.sede: unknown key; did you mean 'seed'"),
        (
            '"goemotions"',
            '"csv"',
            "r.toml: data: `format` must be 'goemotions' or 'table', found 'csv'",
        ),
        ('name = "small"', 'name = "fp32"', "share a name"),
        ('name = "small"', 'name = "small"\nbase = "gru"', "no base 'gru'; known: ffnn"),
        ("[base.ffnn]", "[base.ffnn]\n[base.other]", "name its base, one of: ffnn, other"),
        ("seed = 3", "seed =", r"r\.toml:6: not TOML at column 7: expected a value"),
        ("seed = 3", 'distillation = { teacher = "gru" }', "base ffnn: no teacher 'gru'"),
        (
            "seed = 3",
            'embedding = { start = "glove" }',
            "base.ffnn.embedding: `start` must be 'file' or 'base'",
        ),
        (
            "seed = 3",
            'embedding = { start = "file", file = "x" }',
            "ffnn.embedding.file: unknown key; known: start, path, frozen",
        ),
        ("seed = 3", "[search]\nbase = 'x'\n[search.methods.lsq]", "search: no base 'x'"),
        (
            "seed = 3",
            "[search]\nbase = 'ffnn'\nwidths = { 'modle.dim' = [4] }\n[search.methods.lsq]",
            "this base has no modle.dim",
        ),
        ("seed = 3", 'like = "x"', "base ffnn: like 'x'"),
        ("seed = 3", "augmentation = { texts = 5 }", "base.ffnn: "),
        ("seed = 3", "distillation = { temperature = 3.0 }", "base.ffnn.distillation.teacher"),
    ],
)
def test_a_wrong_field_is_named(tmp_path: Path, old: str, new: str, problem: str) -> None:
    assert old in GOOD
    with pytest.raises(RecipeError, match=problem):
        read(tmp_path, GOOD.replace(old, new, 1))


def test_a_recipe_without_variants_and_search(tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match=r"\[\[variant\]\] or a \[search\]"):
        read(tmp_path, GOOD[: GOOD.index("[[variant]]")])


def test_several_wrong_fields_are_listed(tmp_path: Path) -> None:
    with pytest.raises(RecipeError) as caught:
        read(tmp_path, GOOD.replace("seed = 3", "sede = 3").replace("activations", "activation"))
    assert str(caught.value).split("\n") == [
        f"{tmp_path / 'r.toml'}:",
        "  base.ffnn.sede: unknown key; did you mean 'seed'?",
        "  variant.small.activation: unknown key; did you mean 'activations'?",
    ]


def test_a_byte_order_mark_is_dropped(tmp_path: Path) -> None:
    assert read(tmp_path, "\ufeff" + GOOD) == read(tmp_path, GOOD)


def test_a_missing_recipe(tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match="No such file"):
        Recipe.read(tmp_path / "none.toml")


def test_seeds_multiply_bases_and_variants(tmp_path: Path) -> None:
    text = """
name = "r"
seeds = [0, 7]
[data]
format = "goemotions"
[base.big]
[base.small.distillation]
teacher = "big"
[[variant]]
name = "fp32"
method = "fp32"
base = "small"
"""
    recipe = read(tmp_path, text).expanded()
    assert list(recipe.base) == ["big.s0", "small.s0", "big.s7", "small.s7"]
    assert [v.name for v in recipe.variant] == ["fp32.s0", "fp32.s7"]
    assert recipe.base_of(recipe.variant[1]) == "small.s7"
    student = recipe.base["small.s7"]
    assert student.seed == 7
    assert student.distillation is not None
    assert student.distillation.teacher == "big.s7"
    assert recipe.expanded() is recipe
    with pytest.raises(RecipeError, match=r"seeds: a seed occurs twice"):
        read(tmp_path, text.replace("[0, 7]", "[7, 7]"))


def test_other_seeds(tmp_path: Path) -> None:
    recipe = read(tmp_path, GOOD).with_seeds([3, 5])
    names = [variant.name for variant in read(tmp_path, GOOD).variant]
    seeded = [f"{name}.s{seed}" for seed in (3, 5) for name in names]
    assert [variant.name for variant in recipe.expanded().variant] == seeded
    with pytest.raises(RecipeError, match=r"^a seed occurs twice$"):
        recipe.with_seeds([1, 1])


def test_folders_replace_one_teacher_or_all(tmp_path: Path) -> None:
    teachers = '[teacher.big]\nmodel = "hub/big"\n[teacher.small]\nmodel = "hub/small"\n'
    recipe = read(tmp_path, f"{GOOD}\n{teachers}")

    def models(folders: dict[str, str]) -> list[str]:
        return [teacher.model for teacher in recipe.with_teachers(folders).teacher.values()]

    assert models({}) == ["hub/big", "hub/small"]
    assert models({"small": "here"}) == ["hub/big", "here"]
    assert models({EVERY_TEACHER: "here"}) == ["here", "here"]
    assert models({EVERY_TEACHER: "here", "big": "there"}) == ["there", "here"]
    with pytest.raises(RecipeError, match="no teacher nope; known: big, small"):
        recipe.with_teachers({"nope": "here"})


def test_names_with_seeds_are_valid_names(tmp_path: Path) -> None:
    long = GOOD.replace('name = "small"', f'name = "{"x" * 62}"')
    assert read(tmp_path, long).variant
    with pytest.raises(RecipeError, match=r"x\.s10 is too long"):
        read(tmp_path, long.replace("[data]", "seeds = [3, 10]\n[data]"))
