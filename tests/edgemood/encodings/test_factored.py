"""Products of two weights, alone and in a file."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgemood import Artifact, Classifier
from edgemood.encodings import Dense, Factored, Integer
from edgemood.errors import DamagedFileError, LayoutError
from edgemood.quantization.affine import narrow_range, quantize, symmetric_grid


def integer(values: np.ndarray) -> Integer:
    grid = symmetric_grid(np.abs(values).max(axis=1, keepdims=True), bits=8)
    return Integer.encode(quantize(values, grid, narrow_range(8)), grid, bits=8)


def product(seed: int) -> Factored:
    generator = np.random.default_rng(seed)
    out, rank, into = generator.integers(1, 9, size=3)
    left = generator.normal(size=(out, rank)).astype(np.float32)
    right = generator.normal(size=(rank, into)).astype(np.float32)
    return Factored(integer(left), Dense.encode(right, bits=16), energy=0.75)


def test_by_hand() -> None:
    left = Dense.encode(np.array([[1], [2]], np.float32))
    right = Dense.encode(np.array([[3, 4, 5]], np.float32))
    weight = Factored(left, right)
    assert (weight.shape, weight.rank) == ((2, 3), 1)
    assert weight.rows(np.array([1, 0], np.int32)).tolist() == [[6, 8, 10], [3, 4, 5]]
    assert weight.matmul(np.array([[1, 1, 1]], np.float32)).tolist() == [[12, 24]]


@given(seed=st.integers(0, 2**32 - 1))
def test_products_and_rows_agree_and_are_restored_bit_for_bit(seed: int) -> None:
    weight = product(seed)
    ids = np.arange(weight.shape[0], dtype=np.int32)
    x = np.random.default_rng(seed + 1).normal(size=(3, weight.shape[1])).astype(np.float32)
    np.testing.assert_allclose(weight.matmul(x), x @ weight.rows(ids).T, atol=1e-3)
    picked = np.random.default_rng(seed).integers(0, len(ids), size=5).astype(np.int32)
    np.testing.assert_array_equal(weight.rows(picked), weight.rows(ids)[picked])
    again = Factored.from_parts(weight.shape, weight.settings(), weight.parts())
    np.testing.assert_array_equal(again.rows(ids), weight.rows(ids))


def test_memory_counts_both_factors_and_the_expanded_right_one() -> None:
    weight = product(5)
    stored = weight.left.resident_bytes + weight.right.resident_bytes
    assert weight.resident_bytes == stored
    weight.rows(np.zeros(1, np.int32))
    assert weight.resident_bytes == stored + 4 * weight.right.shape[0] * weight.right.shape[1]


def test_parts_and_settings_that_do_not_fit_are_refused() -> None:
    weight = product(6)
    parts = dict(weight.parts())
    with pytest.raises(LayoutError, match=r"\(99, 2\)"):
        Factored(weight.right, Dense.encode(np.ones((99, 2), np.float32)))
    with pytest.raises(LayoutError, match="right"):
        Factored.from_parts(weight.shape, {}, {"left": weight.left})
    with pytest.raises(LayoutError, match="not \\(1, 99\\)"):
        Factored.from_parts((1, 99), {}, parts)
    with pytest.raises(LayoutError, match="energy"):
        Factored.from_parts(weight.shape, {"rank": 3}, parts)


@pytest.fixture
def factored(artifact: Artifact) -> Artifact:
    rows = artifact.weights["embedding"].rows(np.arange(9, dtype=np.int32))
    table = Factored(integer(rows), Dense.encode(np.eye(2, dtype=np.float32)))
    fields = artifact.manifest.model_dump(exclude={"weights", "vocabulary", "format_version"})
    weights = {**artifact.weights, "embedding": table}
    return Artifact.create(fields, artifact.vocabulary, weights)


def test_a_file_holds_its_parts(factored: Artifact, artifact: Artifact, tmp_path: Path) -> None:
    path = tmp_path / "v.safetensors"
    factored.save(path)
    opened = Artifact.open(path)
    entry = opened.manifest.weights["embedding"]
    assert {name: part.encoding for name, part in entry.parts.items()} == {
        "left": "integer",
        "right": "dense",
    }
    assert opened.to_bytes() == factored.to_bytes() == path.read_bytes()
    texts = ["happy happy sad", "i am"]
    expected = Classifier(artifact).scores(texts)
    np.testing.assert_allclose(Classifier.open(path).scores(texts), expected, atol=1e-6)


def test_parts_of_a_stored_weight_are_refused(factored: Artifact, tmp_path: Path) -> None:
    path = tmp_path / "v.safetensors"
    entries = dict(factored.manifest.weights)
    part = {"left": entries["layers.0.bias"]}
    entries["layers.0.weight"] = entries["layers.0.weight"].model_copy(update={"parts": part})
    manifest = factored.manifest.model_copy(update={"weights": entries})
    replace(factored, manifest=manifest).save(path)
    with pytest.raises(DamagedFileError, match=r"layers\.0\.weight: .*parts"):
        Artifact.open(path)
