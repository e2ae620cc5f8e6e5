"""A recipe with a small search space."""

from pathlib import Path

import pytest

from compression.recipes.recipe import Recipe

RECIPE = """
name = "tiny"
[data]
format = "goemotions"
[base.other]
seed = 9
[base.small]
seed = 3
[base.small.model]
architecture = "bag"
hidden = [6]
[base.small.vocabulary]
min_count = 1
[base.small.training]
epochs = 2
batch_size = 16
learning_rate = 0.05
ema_decay = 0.9
[search]
base = "small"
[search.widths]
"model.dim" = [4, 8]
"model.hidden" = [[4], [8, 6]]
[search.methods.fp32]
[search.methods.apot]
bits = [5, 6]
training = [{ epochs = 1, batch_size = 64 }]
[search.methods.int8-dynamic]
weight_bits = [8, 2]
"""


@pytest.fixture
def recipe(tmp_path: Path) -> Recipe:
    path = tmp_path / "r.toml"
    path.write_text(RECIPE)
    return Recipe.read(path)
