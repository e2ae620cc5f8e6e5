"""Small files that declare much: wide tables and layers, long lists, many words."""

import json
import zlib
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import numpy as np
from safetensors.numpy import save

from edgemood import Artifact
from edgemood.encodings import Codebook, Factored, Integer, Sparse, SparseCodebook, Weight
from edgemood.encodings.mask import Mask
from edgemood.format import container
from edgemood.models import MODELS, Sizes
from edgemood.text.tokenizers import CURRENT_VERSION
from edgemood.text.vocabulary import FingerprintVocabulary, PlainVocabulary, Vocabulary

LABELS = ("joy", "sadness", "neutral")
Make = Callable[[int, int], Weight]


def one_bit(rows: int, columns: int) -> np.ndarray:
    return np.zeros((rows, -(-columns // 8)), np.uint8)


def codebook(rows: int, columns: int) -> Weight:
    return Codebook(one_bit(rows, columns), np.zeros(1, np.float32), columns)


def integer(rows: int, columns: int) -> Weight:
    return Integer(one_bit(rows, columns), np.full(1, 1e-9, np.float32), None, columns, 1)


def sparse(rows: int, columns: int) -> Weight:
    return Sparse(Mask(one_bit(rows, columns), columns), np.zeros(0, np.float32))


def sparse_codebook(rows: int, columns: int) -> Weight:
    mask = Mask(one_bit(rows, columns), columns)
    return SparseCodebook(mask, np.zeros(0, np.uint8), np.ones(1, np.float32))


def factored(rows: int, columns: int) -> Weight:
    return Factored(integer(rows, 1), codebook(1, columns))


THIN: dict[str, Make] = {
    "codebook": codebook,
    "integer": integer,
    "sparse": sparse,
    "sparse codebook": sparse_codebook,
    "factored": factored,
}


def manifest(architecture: str, sizes: Mapping[str, Any], **changes: Any) -> dict[str, Any]:
    return {
        "name": "bomb",
        "architecture": architecture,
        "sizes": sizes,
        "tokenizer_version": CURRENT_VERSION,
        "labels": LABELS,
        "thresholds": (0.5, 0.5, 0.5),
        "method": "fp32",
        **changes,
    }


def variant(
    make: Make, architecture: str, sizes: Sizes, vocabulary: Vocabulary | None = None
) -> bytes:
    """A file whose matrices are all made by `make`."""
    vocabulary = vocabulary or PlainVocabulary(["happy"])
    derived = {"rows": len(vocabulary), "labels": len(LABELS)}
    shapes = MODELS[architecture].shapes({**sizes, **derived})
    weights = {name: make(*shape) for name, shape in shapes.items()}
    return Artifact.create(manifest(architecture, sizes), vocabulary, weights).to_bytes()


def wide_table(make: Make, columns: int) -> bytes:
    return variant(make, "bag", {"dim": columns, "hidden": ()})


def wide_layer(make: Make, units: int) -> bytes:
    return variant(make, "bag", {"dim": 4, "hidden": (units,)})


def wide_gru(make: Make, units: int) -> bytes:
    sizes = {"dim": 4, "hidden": units, "directions": 2, "head": (), "gate_bits": 32}
    return variant(make, "gru", sizes)


def many_words(make: Make, words: int) -> bytes:
    vocabulary = PlainVocabulary([f"{i:x}" for i in range(words)])
    return variant(make, "bag", {"dim": 1, "hidden": ()}, vocabulary)


def many_fingerprints(make: Make, words: int) -> bytes:
    each = words // 2**16
    counts = np.full(2**16, each, np.uint8)
    fingerprints = np.tile(np.arange(each, dtype=np.uint16), 2**16)
    vocabulary = FingerprintVocabulary(1, counts, fingerprints)
    return variant(make, "bag", {"dim": 1, "hidden": ()}, vocabulary)


def with_manifest(text: bytes) -> bytes:
    """A file of a manifest alone."""
    arrays = {"manifest": np.frombuffer(zlib.compress(text), np.uint8)}
    return save(arrays, metadata={"edgemood": container.digest(arrays)})


def long_settings(item: str) -> bytes:
    items = ",".join([item] * (1_000_000 // (len(item) + 1)))
    fields = manifest("bag", {"dim": 1, "hidden": ()}, settings={"x": "HERE"})
    return with_manifest(json.dumps(fields).replace('"HERE"', f"[{items}]").encode())


def many_arrays() -> bytes:
    arrays = {f"x.{i}": np.zeros(0, np.float32) for i in range(10_000)}
    return save(arrays, metadata={"edgemood": container.digest(arrays)})


_WIDE: tuple[tuple[str, Callable[[Make, int], bytes], tuple[int, ...]], ...] = (
    ("table", wide_table, (1000, 30_000, 300_000, 3_000_000)),
    ("layer", wide_layer, (1000, 30_000, 300_000)),
    ("gru", wide_gru, (50, 200)),
)
BOMBS: dict[str, Callable[[], bytes]] = {
    **{
        f"{kind}, {name}, {size} columns": partial(build, make, size)
        for name, make in THIN.items()
        for kind, build, sizes in _WIDE
        for size in sizes
    },
    "gru, factored, 100000 columns": partial(wide_gru, factored, 100_000),
    "many words": partial(many_words, codebook, 50_000),
    "many fingerprints": partial(many_fingerprints, codebook, 3 * 2**16),
    "manifest of zeros": lambda: with_manifest(bytes(2**28)),
    "manifest of whole numbers": lambda: long_settings("0"),
    "manifest of numbers": lambda: long_settings("1.5"),
    "manifest of objects": lambda: long_settings("{}"),
    "manifest of strings": lambda: long_settings('""'),
    "manifest of lists": lambda: long_settings("[[[[]]]]"),
    "many arrays": many_arrays,
}
