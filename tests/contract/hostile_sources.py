"""Small valid variant files of every kind, their pieces, and files made of changed pieces.

After a change the digest is made to match again, as an attacker would do, so that the reader behind
it is reached.
"""

import json
import struct
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from safetensors.numpy import save

from edgemood import Artifact, VariantFile
from edgemood.encodings import Dense, Weight
from edgemood.errors import EdgemoodError
from edgemood.format import container
from edgemood.format.header import Header, read_header
from edgemood.models import MODELS, Sizes
from edgemood.text.tokenizers import CURRENT_VERSION
from tests.contract import test_encodings, test_models, test_vocabularies

WORDS = ["happy", "sad", "i", "am", "!!", "don't", "😂"]
LABELS = ("joy", "sadness", "très 😢")


CALIBRATED = {"calibration": {"slopes": (0.5, 1, 30), "biases": (-1, 0.25, 2)}}
ABSTAINING = {"abstention": {"threshold": 0.4, "coverage": 0.9, "accuracy": 0.6}}
ADAPTED = {
    "adaptation": {
        "joined": ((0, 2),),
        "weights": ((1.5, -0.5, 0, 0), (0, 0, 0, 1), (0, 2, 1, 0)),
        "biases": (0, 0.5, -1),
        "parent": {"name": "parent", "sha256": 64 * "0"},
        "texts": 100,
        "gain": 0.1,
        "gain_low": 0.05,
        "gain_high": 0.15,
    }
}
SINGLE = {"decision": "single-label", "thresholds": (0, 0, 0)}
DECISIONS: tuple[Mapping[str, Any], ...] = (
    {},
    {**CALIBRATED, **ABSTAINING},
    {**SINGLE, **ABSTAINING},
    {**SINGLE, **CALIBRATED},
    {**ADAPTED, **CALIBRATED},
)


@dataclass(frozen=True)
class Source:
    """A valid file, and its pieces."""

    name: str
    content: bytes

    @cached_property
    def header(self) -> Header:
        return read_header(self.content)

    @cached_property
    def data(self) -> bytes:
        return self.content[self.header.size :]

    @cached_property
    def entries(self) -> dict[str, Any]:
        return json.loads(self.content[8 : self.header.size])

    @cached_property
    def stored(self) -> dict[str, np.ndarray]:
        return self.header.arrays(self.content)

    @cached_property
    def manifest(self) -> dict[str, Any]:
        return json.loads(zlib.decompress(self.stored["manifest"].tobytes()))

    @cached_property
    def spread(self) -> "Source":
        """The same variant with an entry in the header for every array."""
        manifest = zlib.compress(json.dumps(unlisted(self.manifest)).encode())
        arrays = {**self.arrays, "manifest": np.frombuffer(manifest, np.uint8)}
        content = save(arrays, metadata={"edgemood": container.digest(arrays)})
        return Source(self.name, content)

    @cached_property
    def arrays(self) -> dict[str, np.ndarray]:
        """Every array by its full name."""
        _, arrays = container.read(VariantFile(Path("source"), self.content))
        return arrays


def sources() -> list[Source]:
    """Return small valid files: each encoding as table and layers, each architecture."""
    bag: Sizes = {"dim": 8, "hidden": (5,)}
    encodings = {**test_encodings.EXAMPLES, **test_encodings.MADE_OF_PARTS}
    architectures = {
        f"{name}, {kind}": (architecture, sizes, encode)
        for name, (architecture, sizes) in test_models.EXAMPLES.items()
        for kind, encode in (("dense", Dense.encode), ("integer", test_encodings.integer(8)))
    }
    kinds = {name: ("bag", bag, encode) for name, encode in encodings.items()} | architectures
    vocabularies = list(test_vocabularies.MAKERS.values())
    return [
        Source(name, _valid(*kind, vocabularies[i % len(vocabularies)], i))
        for i, (name, kind) in enumerate(kinds.items())
    ]


def _valid(
    architecture: str,
    sizes: Sizes,
    encode: Callable[[np.ndarray], Weight],
    make_vocabulary: test_vocabularies.Make,
    number: int,
) -> bytes:
    """The content of a file whose other properties follow from a number."""
    generator = np.random.default_rng(0)
    derived = {"rows": len(WORDS) + 1, "labels": len(LABELS)}
    shapes = MODELS[architecture].shapes({**sizes, **derived})
    weights = {
        name: encode(generator.normal(size=shape).astype(np.float32))
        for name, shape in shapes.items()
    }
    manifest = {
        "name": "tiny",
        "architecture": architecture,
        "sizes": sizes,
        "tokenizer_version": CURRENT_VERSION,
        "labels": LABELS,
        "thresholds": (0.5, 0.5, 0.6),
        "method": "fp32",
        "settings": {"a": [1, {"b": "c"}]},
        "metrics": {"test": {"f1": 0.5}},
        **DECISIONS[number % len(DECISIONS)],
    }
    return Artifact.create(manifest, make_vocabulary(WORDS, number % 3), weights).to_bytes()


def signed(header: str, data: bytes) -> bytes:
    """A file of this header; if it can be read, its digest matches."""
    content = _with_header(header, data)
    try:
        digest = container.digest(read_header(content).arrays(content))
        entries = json.loads(header)
        if entries.get("__metadata__", {}).get("edgemood"):
            entries["__metadata__"]["edgemood"] = digest
            content = _with_header(json.dumps(entries), data)
    except (EdgemoodError, ValueError, AttributeError, TypeError):
        pass
    return content


def _with_header(header: str, data: bytes) -> bytes:
    text = header.encode("utf-8", "surrogatepass")
    text += b" " * (-len(text) % 8)
    return struct.pack("<Q", len(text)) + text + data


def with_manifest(stored: Mapping[str, np.ndarray], text: bytes, level: int = 9) -> bytes:
    arrays = {**stored, "manifest": np.frombuffer(zlib.compress(text, level), np.uint8)}
    return save(arrays, metadata={"edgemood": container.digest(arrays)})


def unlisted(manifest: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in manifest.items() if name != "small"}
