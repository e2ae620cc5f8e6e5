"""The key of a base depends on everything that it is made from."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from compression.data.corpora import Corpora
from compression.data.dataset import Dataset, Split
from compression.recipes.base_keys import BaseKeys
from compression.recipes.vector_files import VectorFiles
from compression.settings import BaseSettings


def split(texts: str) -> Split:
    return Split(tuple(texts), np.ones((len(texts), 1), dtype=np.bool_))


def dataset(train: str, dev: str = "d") -> Dataset:
    return Dataset(("x",), {"train": split(train), "dev": split(dev)})


def key(
    corpora: Corpora | None = None, *, vectors: Path | None = None, **tables: dict[str, Any]
) -> str:
    """The key of the base `a`."""
    bases = {name: BaseSettings.model_validate(table) for name, table in tables.items()}
    return BaseKeys(bases, corpora or Corpora(dataset("t")), {}, VectorFiles(vectors)).of("a")


def test_it_covers_settings_data_and_teacher() -> None:
    taught = {"distillation": {"teacher": "b"}}
    keys = [
        key(a={}),
        key(a={"seed": 1}),
        key(Corpora(dataset("u")), a={}),
        key(a=taught, b={}),
        key(a=taught, b={"seed": 1}),
    ]
    assert len(set(keys)) == len(keys)
    assert key(a={}, b={"seed": 1}) == keys[0]  # another base that it does not need


@pytest.mark.parametrize(
    ("sources", "collections"),
    [
        ({"s": dataset("uv")}, {"c": "xy"}),
        ({"s": dataset("u", dev="e")}, {"c": "xy"}),
        ({"s": dataset("u")}, {"c": "x"}),
        ({"s": dataset("u", dev="y")}, {"c": "xy"}),  # held out of the collection
    ],
)
def test_it_covers_the_texts_of_sources_and_collections(
    sources: dict[str, Dataset], collections: dict[str, str]
) -> None:
    bases = {
        "a": {"distillation": {"teacher": "b"}, "further": [{"texts": "s"}, {"texts": "c"}]},
        "b": {},
    }
    before = Corpora(dataset("t"), {"s": dataset("u")}, {"c": "xy", "unused": "z"})
    other = Corpora(dataset("t"), {"s": dataset("u")}, {"c": "xy", "unused": "zz"})
    assert key(before, **bases) == key(other, **bases)
    assert key(before, **bases) != key(Corpora(dataset("t"), sources, collections), **bases)


def test_it_covers_the_start_of_the_token_table(tmp_path: Path) -> None:
    tables: dict[str, dict[str, Any]] = {
        "file": {"embedding": {"start": "file"}},
        "base": {"embedding": {"start": "base", "base": "b"}},
        "none": {},
    }
    keys = []
    for content in ("x 1\n", "x 2\n"):
        path = tmp_path / "vectors.txt"
        path.write_text(content)
        keys += [key(a=table, b={"seed": 1}, vectors=path) for table in tables.values()]
    assert len(set(keys)) == 4  # that of `file` changes
