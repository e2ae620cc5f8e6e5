from pathlib import Path

import pytest

from compression.errors import RecipeError
from compression.methods.post_training.int8_static import Int8Static
from compression.recipes.schema import EVERY_TEACHER, Recipe
from compression.seeds import seeded, without_seed

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
    path.write_text(text)
    return Recipe.read(path)


@pytest.mark.parametrize("path", sorted(RECIPES.glob("*.toml")), ids=lambda path: path.stem)
def test_every_recipe_that_ships_is_valid(path: Path) -> None:
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
        ('method = "fp32"', 'method = "fp31"', "unknown method 'fp31'; known: fp32, "),
        ('method = "fp32"', "", "variant.0: .*needs a method"),
        ('"percentile"', '"guess"', "variant.1.*activations"),
        ("seed = 3", "seed = -3", "base.ffnn.seed"),
        ("seed = 3", "sede = 3", "base.ffnn.sede: Extra inputs"),
        ('"goemotions"', '"goemotions"\nlabel = "x"', "  data.label: Extra inputs"),
        ("seed = 3", 'model = { architecture = "gru", dims = 3 }', "ffnn.model.dims: Extra"),
        ('"goemotions"', '"csv"', "data: .*'goemotions', 'table'"),
        ('name = "small"', 'name = "fp32"', "share a name"),
        ('name = "small"', 'name = "small"\nbase = "gru"', "no base 'gru'; there are: ffnn"),
        ("[base.ffnn]", "[base.ffnn]\n[base.other]", "name its base, one of: ffnn, other"),
        ("seed = 3", "seed =", "not TOML"),
        ("seed = 3", 'distillation = { teacher = "gru" }', "base ffnn: no teacher 'gru'"),
        ("seed = 3", 'distillation = { teacher = "ffnn" }', "in a circle: ffnn <- ffnn"),
        ("seed = 3", 'embedding = { start = "base", base = "gru" }', "no embedding 'gru'"),
        ("seed = 3", 'embedding = { start = "base", base = "ffnn" }', "in a circle: ffnn <- ffnn"),
        ("seed = 3", 'embedding = { start = "glove" }', "base.ffnn.embedding: .*'file', 'base'"),
        ("seed = 3", 'embedding = { start = "file", file = "x" }', "ffnn.embedding.file: Extra"),
        ("seed = 3", "[search]\nbase = 'x'\n[search.methods.lsq]", "search: no base 'x'"),
        (
            "seed = 3",
            "[search]\nbase = 'ffnn'\n[search.methods.apot]\nbits = [4, 6]",
            "no choices for apot fit together: .*divides bits",
        ),
        (
            "seed = 3",
            "[search]\nbase = 'ffnn'\nwidths = { 'modle.dim' = [4] }\n[search.methods.lsq]",
            "this base has no modle.dim",
        ),
        (
            "seed = 3",
            "[search]\nbase = 'ffnn'\nwidths = { 'distillation.weight' = [1] }\n"
            "[search.methods.lsq]",
            "this base has no distillation.weight",
        ),
        (
            "seed = 3",
            "[search]\nbase = 'ffnn'\nwidths = { 'model.dim' = [-4] }\n[search.methods.lsq]",
            "search.widths.model.dim: .*greater than",
        ),
        ("seed = 3", "[search]\nbase = 'ffnn'\n[search.methods.lsq]\nbit = [1]", "lsq has no bit"),
        ("seed = 3", "[search]\nbase = 'ffnn'\n[search.methods.no]", "unknown method 'no'"),
        (
            "seed = 3",
            "distillation = { teacher = 'b', co_training = {} }\n"
            "[base.b.distillation]\nteacher = 'c'\n[base.c]",
            "a co-trained teacher has no teacher of its own",
        ),
        ("seed = 3", "augmentation = { texts = 5 }", "base.ffnn: augmented texts have no labels"),
        ("seed = 3", 'embedding = { start = "teacher", teacher = "x" }', "no transformer 'x'"),
        ("seed = 3", '[teacher.ffnn]\nmodel = "m"', "share the name ffnn"),
        (
            "seed = 3",
            'distillation = { teacher = "t", co_training = {} }\n[teacher.t]\nmodel = "m"',
            "does not take part in co-training",
        ),
        ("seed = 3", "distillation = { temperature = 3.0 }", "base.ffnn.distillation.teacher"),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, old: str, new: str, problem: str) -> None:
    assert old in GOOD
    with pytest.raises(RecipeError, match=problem):
        read(tmp_path, GOOD.replace(old, new, 1))


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
    with pytest.raises(RecipeError, match=r"seeds: a seed comes twice"):
        read(tmp_path, text.replace("[0, 7]", "[7, 7]"))


def test_a_seed_is_taken_off_a_name() -> None:
    assert without_seed("cqat-64.s12") == "cqat-64"
    assert without_seed("cqat.small") == "cqat.small"
    assert without_seed(seeded("a", 3)) == "a"


def test_seeds_may_be_given_in_place_of_the_recipes(tmp_path: Path) -> None:
    recipe = read(tmp_path, GOOD).with_seeds([3, 5])
    names = [variant.name for variant in read(tmp_path, GOOD).variant]
    seeded = [f"{name}.s{seed}" for seed in (3, 5) for name in names]
    assert [variant.name for variant in recipe.expanded().variant] == seeded
    with pytest.raises(RecipeError, match=r"^a seed comes twice$"):
        recipe.with_seeds([1, 1])


def test_folders_stand_in_for_one_teacher_or_for_all(tmp_path: Path) -> None:
    teachers = '[teacher.big]\nmodel = "hub/big"\n[teacher.small]\nmodel = "hub/small"\n'
    recipe = read(tmp_path, f"{GOOD}\n{teachers}")

    def models(folders: dict[str, str]) -> list[str]:
        return [teacher.model for teacher in recipe.with_teachers(folders).teacher.values()]

    assert models({}) == ["hub/big", "hub/small"]
    assert models({"small": "here"}) == ["hub/big", "here"]
    assert models({EVERY_TEACHER: "here"}) == ["here", "here"]
    assert models({EVERY_TEACHER: "here", "big": "there"}) == ["there", "here"]
    with pytest.raises(RecipeError, match="no teacher nope; there are: big, small"):
        recipe.with_teachers({"nope": "here"})


def test_names_with_their_seeds_must_be_names(tmp_path: Path) -> None:
    long = GOOD.replace('name = "small"', f'name = "{"x" * 62}"')
    assert read(tmp_path, long).variant
    with pytest.raises(RecipeError, match=r"x\.s10 is too long"):
        read(tmp_path, long.replace("[data]", "seeds = [3, 10]\n[data]"))


ALIKE = """
name = "r"
[data]
format = "goemotions"
[base.first]
seed = 3
[base.first.vocabulary]
min_count = 4
max_words = 50
[base.second]
like = "first"
vocabulary.max_words = 20
[base.third]
like = "second"
without = ["vocabulary"]
seed = 5
[[variant]]
name = "fp32"
base = "third"
method = "fp32"
"""


def test_a_base_like_another_says_only_what_differs(tmp_path: Path) -> None:
    bases = read(tmp_path, ALIKE).base
    second, third = bases["second"], bases["third"]
    assert (second.seed, second.vocabulary.min_count, second.vocabulary.max_words) == (3, 4, 20)
    assert (third.seed, third.vocabulary) == (5, type(third.vocabulary)())


@pytest.mark.parametrize(
    ("before", "after", "problem"),
    [
        ('like = "first"', 'like = "zeroth"', "like 'zeroth'; there are: first, second, third"),
        ('like = "first"', 'like = "third"', "base third: like second, which is like third"),
        ('["vocabulary"]', '["training"]', "without 'training'; second has: seed, vocabulary"),
    ],
)
def test_what_a_base_can_not_be_like(before: str, after: str, problem: str, tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match=problem):
        read(tmp_path, ALIKE.replace(before, after))
