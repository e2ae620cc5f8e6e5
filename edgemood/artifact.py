"""One variant, one file: manifest, vocabulary and packed weights in a safetensors container.

The array `manifest` is the manifest as JSON, compressed with zlib; the other arrays belong to the
vocabulary and the weights. The header's metadata holds a single entry, `edgemood`: the SHA-256 of
all arrays, so any changed byte is found. Arrays are little-endian, start at a multiple of their
item size, and are used straight from the mapped file. The same artifact always gives the same bytes
(with one version of zlib).

Which weights make up which network is `edgemood.models`' business, not this file's.
"""

import hashlib
import json
import math
import zlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Self

import numpy as np
import safetensors
import safetensors.numpy
from numpy.typing import NDArray
from pydantic import ValidationError

from edgemood.atomic import atomic_write
from edgemood.encodings import COMPOSITES, ENCODINGS, Composite, Stored, Weight
from edgemood.errors import (
    ArtifactError,
    DamagedFileError,
    EdgemoodError,
    ForeignFileError,
    IncompatibleFileError,
    LayoutError,
    UnknownNameError,
    UnreadableFileError,
)
from edgemood.manifest import FORMAT_VERSION, Manifest, WeightEntry
from edgemood.vocabulary import VOCABULARIES, Vocabulary

SUFFIX = ".safetensors"
_METADATA_KEY = "edgemood"
_MANIFEST = "manifest"
_LARGEST_MANIFEST = 2**20
"""Bytes once inflated; a few kilobytes are usual."""
_LENGTH_BYTES = 8  # a safetensors file begins with the header's length
_DTYPES = {"F32": "<f4", "F16": "<f2", "U8": "|u1", "U16": "<u2", "I32": "<i4", "U32": "<u4"}
_REPLACE = "get the file again or build it again"
_UPGRADE = "upgrade edgemood"

Arrays = Mapping[str, NDArray[Any]]


@dataclass(frozen=True)
class Artifact:
    """A deployable variant. `create` keeps `manifest.weights` in step with `weights`."""

    manifest: Manifest
    vocabulary: Vocabulary
    weights: Mapping[str, Weight]

    @classmethod
    def create(
        cls, manifest: Mapping[str, Any], vocabulary: Vocabulary, weights: Mapping[str, Weight]
    ) -> Self:
        """Put together an artifact.

        Args:
            manifest: fields of `Manifest`; those that follow from the other two are filled in.
            vocabulary: tokens to rows.
            weights: by the names that the architecture gives them.

        Raises:
            pydantic.ValidationError: the manifest is incomplete or wrong.
        """
        filled = {
            **manifest,
            "format_version": FORMAT_VERSION,
            "vocabulary": vocabulary.encoding,
            "weights": {name: _entry(weight) for name, weight in weights.items()},
        }
        return cls(Manifest.model_validate(filled), vocabulary, dict(weights))

    def with_manifest(self, **changes: Any) -> Self:
        """The same weights under a manifest with some fields changed, checked again."""
        fields = {**self.manifest.model_dump(), **changes}
        return replace(self, manifest=Manifest.model_validate(fields))

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Every stored array under its name in the file."""
        parts = {"vocabulary": self.vocabulary.arrays()}
        parts |= {name: leaf.arrays() for name, leaf in self.leaves()}
        return {f"{part}.{name}": a for part, arrays in parts.items() for name, a in arrays.items()}

    def leaves(self) -> Iterator[tuple[str, Stored]]:
        """Every weight that stores arrays of its own, with its full name."""
        for name, weight in self.weights.items():
            yield from _leaves(name, weight)

    @property
    def stored_bytes(self) -> dict[str, int]:
        """Bytes in the file by part: the vocabulary, and each weight with all that makes it up."""
        parts = {"vocabulary": sum(a.nbytes for a in self.vocabulary.arrays().values())}
        for name, weight in self.weights.items():
            leaves = (leaf.arrays().values() for _, leaf in _leaves(name, weight))
            parts[name] = sum(array.nbytes for arrays in leaves for array in arrays)
        return parts

    def to_bytes(self) -> bytes:
        """The file's content."""
        text = self.manifest.model_dump_json(exclude_defaults=True)
        manifest = np.frombuffer(zlib.compress(text.encode(), 9), dtype=np.uint8)
        arrays = {name: np.ascontiguousarray(array) for name, array in self.arrays().items()}
        arrays[_MANIFEST] = manifest
        return safetensors.numpy.save(arrays, metadata={_METADATA_KEY: _digest(arrays)})

    def save(self, path: Path) -> None:
        """Write the file whole or not at all; a process that has the old one mapped keeps it.

        Raises:
            OSError: the folder cannot be written.
        """
        with atomic_write(path) as file:
            file.write(self.to_bytes())

    @classmethod
    def open(cls, path: Path) -> Self:
        """Map a file and check it: container, digest, manifest, every array.

        Raises:
            ArtifactError: it cannot be used; the subclass tells which kind of trouble it is.
        """
        digest, arrays = _read(path)
        manifest = _check_manifest(path, digest, arrays)
        del arrays[_MANIFEST]
        parts = _by_part(arrays)
        with blamed_on(path, "vocabulary"):
            stored = parts.pop("vocabulary", {})
            vocabulary = VOCABULARIES[manifest.vocabulary].from_stored(stored)
        weights = {}
        for name, entry in manifest.weights.items():
            with blamed_on(path, name):
                weights[name] = _weight(name, entry, parts)
        if parts:
            problem = f"arrays that belong to no part: {sorted(parts)}"
            raise DamagedFileError(path, part="arrays", problem=problem, fix=_REPLACE)
        return cls(manifest, vocabulary, weights)


def file_sha256(path: Path) -> str:
    """What `sha256sum` prints for a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@contextmanager
def blamed_on(path: Path, part: str) -> Iterator[None]:
    """Turn an error that knows no path into an `ArtifactError` that names file and part."""
    try:
        yield
    except UnknownNameError as error:
        raise IncompatibleFileError(path, part=part, problem=str(error), fix=_UPGRADE) from error
    except ArtifactError:
        raise
    except (EdgemoodError, ValueError, ArithmeticError, RecursionError) as error:
        raise DamagedFileError(path, part=part, problem=str(error), fix=_REPLACE) from error


def _entry(weight: Weight) -> WeightEntry:
    parts = weight.parts() if isinstance(weight, Composite) else {}
    return WeightEntry(
        encoding=weight.encoding,
        shape=weight.shape,
        settings=dict(weight.settings()),
        parts={name: _entry(part) for name, part in parts.items()},
    )


def _leaves(name: str, weight: Weight) -> Iterator[tuple[str, Stored]]:
    if isinstance(weight, Stored):
        yield name, weight
    if isinstance(weight, Composite):
        for part_name, part in weight.parts().items():
            yield from _leaves(f"{name}.{part_name}", part)


def _weight(name: str, entry: WeightEntry, parts: dict[str, dict[str, NDArray[Any]]]) -> Weight:
    """A weight from its entry; the arrays it takes are taken out of `parts`."""
    if entry.encoding in COMPOSITES:
        weights = {n: _weight(f"{name}.{n}", part, parts) for n, part in entry.parts.items()}
        return COMPOSITES[entry.encoding].from_parts(entry.shape, entry.settings, weights)
    encoding = ENCODINGS[entry.encoding]
    if entry.parts:
        raise LayoutError(f"{entry.encoding} weights have no parts")
    return encoding.from_stored(entry.shape, entry.settings, parts.pop(name, {}))


def _digest(arrays: Arrays) -> str:
    digest = hashlib.sha256()
    for name in sorted(arrays):
        array = np.ascontiguousarray(arrays[name])
        digest.update(f"\n{name} {array.dtype.str} {array.shape}\n".encode())
        digest.update(array.data)
    return digest.hexdigest()


def _read(path: Path) -> tuple[str, dict[str, NDArray[Any]]]:
    """Stored digest and mapped arrays of a file that is at least a container of ours."""
    _check_regular(path)
    try:
        content = np.memmap(path, dtype=np.uint8, mode="r")
        with safetensors.safe_open(path, framework="numpy") as container:
            metadata = container.metadata() or {}
            names = container.offset_keys()
            slices = {name: container.get_slice(name) for name in names}
            described = [(name, s.get_dtype(), tuple(s.get_shape())) for name, s in slices.items()]
    except OSError as error:
        problem = error.strerror or str(error)
        fix = "check the path and its permissions"
        raise UnreadableFileError(path, part="file", problem=problem, fix=fix) from error
    except (ValueError, safetensors.SafetensorError) as error:
        raise _broken_container(path, str(error)) from error
    if _METADATA_KEY not in metadata:
        problem = "a safetensors file without an edgemood manifest"
        fix = "name a file that `python -m compression build` wrote"
        raise ForeignFileError(path, part="header", problem=problem, fix=fix)
    stored = metadata[_METADATA_KEY]
    if _MANIFEST not in names and " " in stored:  # it held the manifest itself, once
        problem, fix = "a format that is no longer read", "build it again"
        raise IncompatibleFileError(path, part="header", problem=problem, fix=fix)
    with blamed_on(path, "arrays"):
        return stored, dict(_mapped(path, content, described))


def _check_regular(path: Path) -> None:
    """A pipe would block, a device might never end."""
    try:
        regular = path.is_file()
        problem = "not a file" if path.exists() else "no such file"
    except (OSError, ValueError) as error:  # a name with a NUL, a loop of links
        regular, problem = False, str(error)
    if not regular:
        fix = "check the path and its permissions"
        raise UnreadableFileError(path, part="file", problem=problem, fix=fix)


def _by_part(arrays: Arrays) -> dict[str, dict[str, NDArray[Any]]]:
    parts: dict[str, dict[str, NDArray[Any]]] = {}
    for full_name, array in arrays.items():
        part, _, name = full_name.rpartition(".")
        parts.setdefault(part, {})[name] = array
    return parts


def _broken_container(path: Path, problem: str) -> DamagedFileError | ForeignFileError:
    with path.open("rb") as file:
        head = file.read(256)
    if f'"{_METADATA_KEY}"'.encode() in head:
        return DamagedFileError(path, part="container", problem=problem, fix=_REPLACE)
    problem = "not a safetensors file" if head else "the file is empty"
    fix = "name a file that `python -m compression build` wrote"
    return ForeignFileError(path, part="container", problem=problem, fix=fix)


def _mapped(
    path: Path, content: NDArray[np.uint8], described: Iterable[tuple[str, str, tuple[int, ...]]]
) -> Iterator[tuple[str, NDArray[Any]]]:
    """Views into the mapped file. The container is checked: arrays follow without gaps."""
    start = _LENGTH_BYTES + int.from_bytes(content[:_LENGTH_BYTES].tobytes(), "little")
    for name, dtype_name, shape in described:
        if dtype_name not in _DTYPES:
            problem = f"unknown array type {dtype_name}"
            raise IncompatibleFileError(path, part=name, problem=problem, fix=_UPGRADE)
        dtype = np.dtype(_DTYPES[dtype_name])
        end = start + math.prod(shape) * dtype.itemsize
        yield name, content[start:end].view(np.ndarray).view(dtype).reshape(shape)
        start = end


def _check_manifest(path: Path, stored: str, arrays: Arrays) -> Manifest:
    """The manifest, once its version, the digest and its fields are known to be right."""
    text = _inflated(arrays.get(_MANIFEST))
    version = _version(text)
    if isinstance(version, int) and version > FORMAT_VERSION:
        problem = f"format version {version}, this edgemood reads up to {FORMAT_VERSION}"
        raise IncompatibleFileError(path, part="manifest", problem=problem, fix=_UPGRADE)
    if _digest(arrays) != stored:
        problem = "the content does not match its SHA-256"
        raise DamagedFileError(path, part="content", problem=problem, fix=_REPLACE)
    try:
        return Manifest.model_validate_json(text)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(step) for step in first["loc"]) or "manifest"
        problem = f"{where}: {first['msg']}"
        raise DamagedFileError(path, part="manifest", problem=problem, fix=_REPLACE) from error


def _inflated(stored: NDArray[Any] | None) -> bytes:
    """The manifest's JSON; empty where there is none, which no check further on lets pass."""
    if stored is None:
        return b""
    try:
        stream = zlib.decompressobj()
        text = stream.decompress(stored.tobytes(), _LARGEST_MANIFEST)
    except zlib.error:
        return b""
    return text if stream.eof else b""


def _version(text: bytes) -> object:
    try:
        fields = json.loads(text)
    except (ValueError, RecursionError):
        return None  # the digest check says what is wrong with it
    return fields.get("format_version") if isinstance(fields, dict) else None
