"""One variant, one file: manifest, vocabulary and packed weights.

`edgemood.format.container` defines the bytes of the file, and this module their meaning.
`edgemood.models` defines which weights a network has.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Self

from numpy.typing import NDArray
from pydantic import ValidationError

from edgemood.atomic import atomic_write
from edgemood.encodings import COMPOSITES, ENCODINGS, Composite, Stored, Weight
from edgemood.errors import REPLACE, DamagedFileError, LayoutError, located_in
from edgemood.format import container
from edgemood.format.file import MAX_FILE_BYTES, VariantFile
from edgemood.format.manifest import Manifest, WeightEntry, needed_version
from edgemood.text.vocabulary import VOCABULARIES, Vocabulary

SUFFIX = ".safetensors"


@dataclass(frozen=True)
class Artifact:
    """A deployable variant. `create` derives `manifest.weights` from `weights`."""

    manifest: Manifest
    vocabulary: Vocabulary
    weights: Mapping[str, Weight]

    @classmethod
    def create(
        cls, manifest: Mapping[str, Any], vocabulary: Vocabulary, weights: Mapping[str, Weight]
    ) -> Self:
        """Build an artifact.

        Args:
            manifest: the fields of `Manifest` without `format_version`, `vocabulary` and `weights`,
                which this method sets.
            vocabulary: the vocabulary.
            weights: by their names in the architecture.

        Raises:
            pydantic.ValidationError: a field is missing, unknown or not valid.
        """
        filled = {
            **manifest,
            "format_version": needed_version(manifest),
            "vocabulary": vocabulary.encoding,
            "weights": {name: _entry(weight) for name, weight in weights.items()},
        }
        return cls(Manifest.model_validate(filled), vocabulary, dict(weights))

    def with_manifest(self, **changes: Any) -> Self:
        """Return the same weights with some fields of the manifest changed.

        Raises:
            pydantic.ValidationError: a field is not valid.
        """
        fields = {**self.manifest.model_dump(), **changes}
        if "format_version" not in changes:
            fields["format_version"] = needed_version(fields)
        return replace(self, manifest=Manifest.model_validate(fields))

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Return every stored array by its name in the file."""
        leaves = {name: leaf.arrays() for name, leaf in self.leaves()}
        parts = {"vocabulary": self.vocabulary.arrays(), **leaves}
        return {f"{part}.{name}": a for part, arrays in parts.items() for name, a in arrays.items()}

    def leaves(self) -> Iterator[tuple[str, Stored]]:
        """Yield the full name and the weight of everything that stores arrays of its own."""
        for name, weight in self.weights.items():
            yield from _leaves(name, weight)

    @property
    def stored_bytes(self) -> dict[str, int]:
        """Bytes in the file by part: the vocabulary, and each weight together with its parts."""
        parts = {"vocabulary": sum(a.nbytes for a in self.vocabulary.arrays().values())}
        for name, weight in self.weights.items():
            leaves = (leaf.arrays().values() for _, leaf in _leaves(name, weight))
            parts[name] = sum(array.nbytes for arrays in leaves for array in arrays)
        return parts

    def to_bytes(self) -> bytes:
        """Return the content of the file."""
        manifest = self.manifest.model_dump(mode="json", exclude_defaults=True)
        return container.to_bytes(manifest, self.arrays())

    def save(self, path: Path) -> None:
        """Write the file atomically. A process that is reading the old file reads it to its end.

        Raises:
            OSError: the folder cannot be written.
        """
        with atomic_write(path) as file:
            file.write(self.to_bytes())

    @classmethod
    def open(cls, path: Path | str, *, max_bytes: int = MAX_FILE_BYTES) -> Self:
        """Read a file into memory and validate its container, digest, manifest and arrays.

        Args:
            path: the file; only a regular file is opened.
            max_bytes: a larger file is refused before it is read.

        Raises:
            UnreadableFileError: the path is missing, is not a regular file, or cannot be read.
            OversizedFileError: the file is larger than `max_bytes`.
            ForeignFileError: the file was not written by edgemood.
            DamagedFileError: the file was truncated, edited or corrupted.
            IncompatibleFileError: the file needs another version of edgemood.
        """
        return cls.from_file(VariantFile.read(path, max_bytes=max_bytes))

    @classmethod
    def from_file(cls, file: VariantFile) -> Self:
        """Validate the content of a file that has been read. The arrays are views of the content.

        Raises:
            ForeignFileError: the file was not written by edgemood.
            DamagedFileError: the file was truncated, edited or corrupted.
            IncompatibleFileError: the file needs another version of edgemood.
        """
        with located_in(file.path, "file"):  # memory may end anywhere
            fields, arrays = container.read(file)
            manifest = _check_manifest(file.path, fields)
            return cls(manifest, *_vocabulary_and_weights(file.path, manifest, _by_part(arrays)))


def _vocabulary_and_weights(
    path: Path, manifest: Manifest, parts: dict[str, dict[str, NDArray[Any]]]
) -> tuple[Vocabulary, dict[str, Weight]]:
    with located_in(path, "vocabulary"):
        stored = parts.pop("vocabulary", {})
        vocabulary = VOCABULARIES[manifest.vocabulary].from_stored(stored)
    weights = {}
    for name, entry in manifest.weights.items():
        with located_in(path, name):
            weights[name] = _weight(name, entry, parts)
    if parts:
        problem = f"arrays that belong to no part: {sorted(parts)}"
        raise DamagedFileError(path, part="arrays", problem=problem, fix=REPLACE)
    return vocabulary, weights


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
    """Build a weight from its entry, and remove its arrays from `parts`."""
    if entry.encoding in COMPOSITES:
        weights = {n: _weight(f"{name}.{n}", part, parts) for n, part in entry.parts.items()}
        return COMPOSITES[entry.encoding].from_parts(entry.shape, entry.settings, weights)
    encoding = ENCODINGS[entry.encoding]
    if entry.parts:
        raise LayoutError(f"{entry.encoding} weights have no parts")
    return encoding.from_stored(entry.shape, entry.settings, parts.pop(name, {}))


def _by_part(arrays: Mapping[str, NDArray[Any]]) -> dict[str, dict[str, NDArray[Any]]]:
    parts: dict[str, dict[str, NDArray[Any]]] = {}
    for full_name, array in arrays.items():
        part, _, name = full_name.rpartition(".")
        parts.setdefault(part, {})[name] = array
    return parts


def _check_manifest(path: Path, fields: Mapping[str, Any]) -> Manifest:
    try:
        return Manifest.model_validate(fields)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(step) for step in first["loc"]) or "manifest"
        problem = f"{where}: {first['msg']}"
        raise DamagedFileError(path, part="manifest", problem=problem, fix=REPLACE) from error
