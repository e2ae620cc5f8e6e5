"""`docs/file-format.md` is complete: a reader written from it alone gives edgemood's scores."""

import importlib.util
import sys
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from edgemood import Artifact, Classifier
from edgemood.encodings import Dense, Factored, Integer, Sparse, SparseCodebook, Weight
from edgemood.quantization.affine import binarize, symmetric_grid
from edgemood.text.tokenizers import TOKENIZERS
from edgemood.text.vocabulary import PlainVocabulary

ROOT = Path(__file__).parents[3]
FORMER = ROOT / "tests" / "vectors" / "apot-kd-0.2.0.safetensors"
"""A file of tokenizer version 1."""
VARIANTS = [FORMER, *sorted((ROOT / "variants").glob("*.safetensors"))]
TEXTS = (
    "",
    "I am so grateful for this, thank you!",
    "haappy and stupidly sooooo GOOD!?! [NAME], don't... 'tis 12.5 \u2026",
    "\u0130stanbul \u0394\u03ad\u03bd \u65e5\u672c \U0001f602\U0001f3fd \ud800 it\u2019s x'y' ''",
)
UNKNOWN_WORDS = (
    *("haappyy", "stupidly", "soo", "oo", "hahah", "ahahah", "lolo", "aabbccddeeff", "!!", "10000"),
    *("[applause]", "don't't", 7 * "ababababa", 40 * "ab", "\ud800", "b\u00e9\u00e9"),
)
TOLERANCE = 5e-3
"""The reader computes in double precision: a value between two grid points may go the other way."""
VALUES = np.random.default_rng(0).normal(size=(6, 5)).astype(np.float32)
CENTROIDS = np.array([-1.5, -0.5, 0.5, 1.5], dtype=np.float32)


def load_reader() -> ModuleType:
    """Import the package in this folder; the tests themselves are not packages."""
    name, folder = "independent_reader", Path(__file__).with_name("independent_reader")
    spec = importlib.util.spec_from_file_location(
        name, folder / "__init__.py", submodule_search_locations=[str(folder)]
    )
    assert spec is not None
    assert spec.loader is not None
    module = sys.modules[name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


reader = load_reader()


def clustered() -> Weight:
    nearest = CENTROIDS[np.abs(VALUES[..., None] - CENTROIDS).argmin(axis=-1)]
    return SparseCodebook.encode(np.where(np.abs(VALUES) > 0.7, nearest, 0), CENTROIDS)


def one_bit() -> Weight:
    grid = symmetric_grid(np.abs(VALUES).mean(axis=1, keepdims=True), bits=1)
    return Integer.encode(binarize(VALUES), grid, bits=1)


TABLES = {
    "dense, 16 bits": Dense.encode(VALUES, bits=16),
    "sparse": Sparse.encode(np.where(VALUES > 0, VALUES, 0)),
    "sparse codebook": clustered(),
    "one bit": one_bit(),
    "factored": Factored(Dense.encode(VALUES[:, :2]), Sparse.encode(VALUES[:2])),
}


def bag(table: Weight, *, folded: bool) -> Artifact:
    """A bag over five words whose token table is given."""
    hidden = np.random.default_rng(1).normal(size=(5, 5)).astype(np.float32)
    weights: dict[str, Weight] = {"embedding": table}
    layers = [VALUES[:2]] if folded else [hidden, VALUES[:2]]
    for i, matrix in enumerate(layers):
        weights[f"layers.{i}.weight"] = Dense.encode(matrix)
        weights[f"layers.{i}.bias"] = Dense.encode(matrix[:, :1].T.copy())
    sizes = {"dim": 5, "hidden": (5,)} | ({"folded": 1} if folded else {})
    return artifact("bag", sizes, weights)


def gru() -> Artifact:
    """A folded GRU in two directions with float gates."""
    generator = np.random.default_rng(2)
    shapes = {"embedding": (6, 12), "layers.0.weight": (2, 4), "layers.0.bias": (1, 2)}
    shapes |= {f"gru.{i}.hidden": (6, 2) for i in range(2)}
    shapes |= {f"gru.{i}.hidden_bias": (1, 6) for i in range(2)}
    weights = {
        name: Dense.encode(generator.normal(size=shape).astype(np.float32))
        for name, shape in shapes.items()
    }
    sizes = {"dim": 12, "hidden": 2, "directions": 2, "head": (), "gate_bits": 32, "folded": 1}
    return artifact("gru", sizes, weights)


def artifact(architecture: str, sizes: Mapping, weights: Mapping[str, Weight]) -> Artifact:
    manifest = {
        "name": "small",
        "architecture": architecture,
        "sizes": sizes,
        "tokenizer_version": 2,
        "labels": ("a", "b"),
        "thresholds": (0.4, 0.6),
        "method": "fp32",
    }
    words = ("i", "am", "happy", "so", "!!")
    return Artifact.create(manifest, PlainVocabulary(words, backoff=2), weights)


def assert_same(path: Path) -> None:
    classifier, independent = Classifier.open(path), reader.Variant(path)
    for text, prediction in zip(TEXTS, classifier.classify(TEXTS), strict=True):
        assert independent.scores(text) == pytest.approx(dict(prediction.scores), abs=TOLERANCE)
        assert independent.labels(text) == prediction.labels
        assert independent.unsure(text) == prediction.unsure


@pytest.mark.parametrize("version", TOKENIZERS)
@pytest.mark.parametrize("text", TEXTS)
def test_tokens(text: str, version: int) -> None:
    assert list(reader.TOKENIZERS[version](text)) == TOKENIZERS[version].tokenize(text)


@pytest.mark.parametrize("version", TOKENIZERS)
def test_unknown_words(version: int, tmp_path: Path) -> None:
    path = tmp_path / "small.safetensors"
    bag(TABLES["sparse"], folded=False).with_manifest(tokenizer_version=version).save(path)
    vocabulary = reader.Variant(path).vocabulary
    for token in UNKNOWN_WORDS:
        assert list(vocabulary.simpler(token)) == list(TOKENIZERS[version].candidates(token, 2))


@pytest.mark.parametrize("path", VARIANTS, ids=lambda path: path.stem)
def test_shipped_variants(path: Path) -> None:
    assert_same(path)


@pytest.mark.parametrize("folded", [False, True], ids=["", "folded"])
@pytest.mark.parametrize("table", TABLES.values(), ids=TABLES)
def test_token_tables(table: Weight, folded: bool, tmp_path: Path) -> None:
    path = tmp_path / "small.safetensors"
    bag(table, folded=folded).save(path)
    assert_same(path)


@pytest.mark.parametrize("abstention", [None, {"threshold": 0.62, "coverage": 0.5}])
@pytest.mark.parametrize("calibration", [None, {"slopes": (0.5, 2.5), "biases": (0.4, -0.7)}])
@pytest.mark.parametrize("is_single_label", [False, True], ids=["multi-label", "single-label"])
def test_decisions(
    is_single_label: bool, calibration: dict | None, abstention: dict | None, tmp_path: Path
) -> None:
    decision = {"decision": "single-label", "thresholds": (0, 0)} if is_single_label else {}
    changes = {"calibration": calibration, "abstention": abstention, **decision}
    path = tmp_path / "small.safetensors"
    gru().with_manifest(**changes).save(path)
    assert_same(path)


@pytest.mark.parametrize("calibration", [None, {"slopes": (0.5, 2.5), "biases": (0.4, -0.7)}])
@pytest.mark.parametrize("is_single_label", [False, True], ids=["multi-label", "single-label"])
def test_adaptations(is_single_label: bool, calibration: dict | None, tmp_path: Path) -> None:
    """To three labels, of which the last is both of the network's."""
    adaptation = {
        "joined": ((0, 1),),
        "weights": ((1.5, -0.25, 0), (0, 0.75, 0), (0.1, 0, 1.2)),
        "biases": (0.5, -0.125, 0),
        "parent": {"name": "small", "sha256": 64 * "a"},
        "texts": 300,
        "gain": 0.05,
        "gain_low": 0.02,
        "gain_high": 0.08,
    }
    changes = {"labels": ("a", "b", "c"), "thresholds": (0.4, 0.6, 0.5)}
    if is_single_label:
        changes |= {"decision": "single-label", "thresholds": (0, 0, 0)}
    path = tmp_path / "small.safetensors"
    gru().with_manifest(adaptation=adaptation, calibration=calibration, **changes).save(path)
    assert_same(path)


def test_a_folded_gru(tmp_path: Path) -> None:
    path = tmp_path / "small.safetensors"
    gru().save(path)
    assert_same(path)


@pytest.mark.parametrize("weight", TABLES.values(), ids=TABLES)
def test_products(weight: Weight, tmp_path: Path) -> None:
    path = tmp_path / "small.safetensors"
    bag(weight, folded=False).save(path)
    x = np.linspace(-1, 1, 5, dtype=np.float32)
    found = reader.Variant(path).weights["embedding"].product(x.tolist())
    assert found == pytest.approx(weight.matmul(x[None])[0].tolist(), abs=1e-5)


def test_a_changed_byte_is_found(tmp_path: Path) -> None:
    content = bytearray(VARIANTS[0].read_bytes())
    content[-1] ^= 1
    path = tmp_path / "damaged.safetensors"
    path.write_bytes(content)
    with pytest.raises(ValueError, match="damaged"):
        reader.Variant(path)
