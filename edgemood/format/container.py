"""The bytes of a variant file: a safetensors container with a digest, a manifest and arrays.

The array `manifest` is JSON, compressed with zlib. The header's metadata has a single entry,
`edgemood`: the SHA-256 of all arrays in the header, so every changed byte is detected.

An entry in the header takes about 85 bytes, more than many biases. Arrays smaller than `SMALL`
bytes therefore share one array, `small`, and the manifest's field of the same name lists them.
`small` is an array of 32-bit words, which safetensors stores before arrays of bytes, and it holds
the widest items first. All arrays are little-endian. They start at a multiple of their item size,
so they are used directly from the mapped file. The same content gives the same bytes with the same
version of zlib.
"""

import hashlib
import json
import math
import zlib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np
import safetensors
import safetensors.numpy
from numpy.typing import NDArray
from pydantic import Field, TypeAdapter, ValidationError

from edgemood.arrays import Arrays
from edgemood.errors import (
    REPLACE,
    UPGRADE,
    DamagedFileError,
    ForeignFileError,
    IncompatibleFileError,
    LayoutError,
    UnreadableFileError,
    located_in,
)
from edgemood.format.manifest import FORMAT_VERSION

SMALL = 4096
"""Arrays of at least this many bytes have their own entry in the header."""

_METADATA_KEY = "edgemood"
_MANIFEST = "manifest"
_SMALL = "small"
_WORD = 4  # item size of `small`, and the largest item size within it
_LARGEST_MANIFEST = 2**20
"""Bytes after decompression; a few kilobytes are usual."""
_LENGTH_BYTES = 8  # a safetensors file begins with the length of its header
_DTYPES = {"F32": "<f4", "F16": "<f2", "U8": "|u1", "U16": "<u2", "I32": "<i4", "U32": "<u4"}

Count = Annotated[int, Field(ge=0)]
_Listing = tuple[str, Literal["<f4", "<f2", "|u1", "<u2", "<i4", "<u4"], tuple[Count, ...]]
_LISTINGS = TypeAdapter(tuple[_Listing, ...])


def to_bytes(manifest: Mapping[str, Any], arrays: Arrays) -> bytes:
    """Return the content of a file.

    Args:
        manifest: JSON-compatible fields, without one named `small`.
        arrays: by their full names, without ones named `manifest` or `small`.

    Raises:
        ValueError: a number in the manifest is not finite.
    """
    contiguous = {name: np.ascontiguousarray(array) for name, array in arrays.items()}
    small = {name: array for name, array in contiguous.items() if array.nbytes < SMALL}
    stored = {name: array for name, array in contiguous.items() if name not in small}
    listing = sorted(small, key=lambda name: (-small[name].itemsize, name))
    listed = [(name, small[name].dtype.str, small[name].shape) for name in listing]
    together = b"".join(small[name].tobytes() for name in listing)
    together += bytes(-len(together) % _WORD)
    stored[_SMALL] = np.frombuffer(together, dtype="<u4")
    text = json.dumps(
        {**manifest, _SMALL: listed}, ensure_ascii=False, separators=(",", ":"), allow_nan=False
    )
    stored[_MANIFEST] = np.frombuffer(zlib.compress(text.encode(), 9), dtype=np.uint8)
    return safetensors.numpy.save(stored, metadata={_METADATA_KEY: digest(stored)})


def digest(arrays: Arrays) -> str:
    """Return the SHA-256 of arrays with their names, dtypes and shapes, in hexadecimal digits."""
    total = hashlib.sha256()
    for name in sorted(arrays):
        array = np.ascontiguousarray(arrays[name])
        total.update(f"\n{name} {array.dtype.str} {array.shape}\n".encode())
        total.update(array.data)
    return total.hexdigest()


def read(path: Path) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
    """Read a file and check its digest.

    Returns:
        The fields of the manifest, which are not validated, and all arrays, which are views of the
        mapped file.

    Raises:
        UnreadableFileError: the path is missing, is not a regular file, or cannot be read.
        ForeignFileError: the file was not written by edgemood.
        DamagedFileError: the container is broken, or its content does not match the digest.
        IncompatibleFileError: the file needs another version of edgemood.
    """
    stored_digest, arrays = _read(path)
    fields = _fields(arrays.get(_MANIFEST))
    version = fields.get("format_version")
    if isinstance(version, int) and version > FORMAT_VERSION:
        problem = f"format version {version}, this edgemood reads up to {FORMAT_VERSION}"
        raise IncompatibleFileError(path, part="manifest", problem=problem, fix=UPGRADE)
    if digest(arrays) != stored_digest:
        problem = "the content does not match its SHA-256"
        raise DamagedFileError(path, part="content", problem=problem, fix=REPLACE)
    arrays.pop(_MANIFEST, None)
    with located_in(path, _SMALL):
        small = _small(fields.pop(_SMALL, ()), arrays.pop(_SMALL, np.zeros(0, "<u4")), arrays)
    return fields, {**arrays, **small}


def _small(listing: Any, together: NDArray[Any], others: Arrays) -> dict[str, NDArray[Any]]:
    """Return views of the arrays that share the array `small`.

    Args:
        listing: the manifest's field `small`: name, dtype and shape of each array.
        together: the shared array.
        others: arrays with their own entries, whose names must not occur in the listing.

    Raises:
        LayoutError: the listing is malformed, does not match the shared array, or repeats a name.
    """
    try:
        listed = _LISTINGS.validate_python(listing)
    except ValidationError as error:
        raise LayoutError(f"not a list of arrays: {error.errors()[0]['msg']}") from error
    content = together.reshape(-1).view(np.uint8)
    arrays: dict[str, NDArray[Any]] = {}
    start = 0
    for name, dtype, shape in listed:
        item = np.dtype(dtype).itemsize
        end = start + math.prod(shape) * item
        if start % item or end > len(content) or name in arrays or name in others:
            raise LayoutError(f"{name} comes twice, is out of place, or goes beyond the end")
        arrays[name] = content[start:end].view(dtype).reshape(shape)
        start = end
    if len(content) - start >= _WORD:
        raise LayoutError(f"{len(content) - start} bytes belong to no array")
    return arrays


def _read(path: Path) -> tuple[str, dict[str, NDArray[Any]]]:
    """The stored digest and the mapped arrays of a container that edgemood wrote."""
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
    if _MANIFEST not in names and " " in stored:  # format 1 kept the manifest here
        problem, fix = "a format that is no longer read", "build it again"
        raise IncompatibleFileError(path, part="header", problem=problem, fix=fix)
    with located_in(path, "arrays"):
        return stored, dict(_mapped(path, content, described))


def _check_regular(path: Path) -> None:
    """Refuse pipes and devices, which could block or never end."""
    try:
        regular = path.is_file()
        problem = "not a file" if path.exists() else "no such file"
    except (OSError, ValueError) as error:  # a NUL in the name, a loop of links
        regular, problem = False, str(error)
    if not regular:
        fix = "check the path and its permissions"
        raise UnreadableFileError(path, part="file", problem=problem, fix=fix)


def _broken_container(path: Path, problem: str) -> DamagedFileError | ForeignFileError:
    with path.open("rb") as file:
        head = file.read(256)
    if f'"{_METADATA_KEY}"'.encode() in head:
        return DamagedFileError(path, part="container", problem=problem, fix=REPLACE)
    problem = "not a safetensors file" if head else "the file is empty"
    fix = "name a file that `python -m compression build` wrote"
    return ForeignFileError(path, part="container", problem=problem, fix=fix)


def _mapped(
    path: Path, content: NDArray[np.uint8], described: Iterable[tuple[str, str, tuple[int, ...]]]
) -> Iterator[tuple[str, NDArray[Any]]]:
    """Views of the mapped file. safetensors has checked that arrays follow without gaps."""
    start = _LENGTH_BYTES + int.from_bytes(content[:_LENGTH_BYTES].tobytes(), "little")
    for name, dtype_name, shape in described:
        if dtype_name not in _DTYPES:
            problem = f"unknown array type {dtype_name}"
            raise IncompatibleFileError(path, part=name, problem=problem, fix=UPGRADE)
        dtype = np.dtype(_DTYPES[dtype_name])
        end = start + math.prod(shape) * dtype.itemsize
        yield name, content[start:end].view(np.ndarray).view(dtype).reshape(shape)
        start = end


def _fields(stored: NDArray[Any] | None) -> dict[str, Any]:
    """The fields of the manifest. Empty if it cannot be read; validation then fails later."""
    if stored is None:
        return {}
    try:
        stream = zlib.decompressobj()
        text = stream.decompress(stored.tobytes(), _LARGEST_MANIFEST)
        fields = json.loads(text) if stream.eof else None
    except (zlib.error, ValueError, RecursionError):
        return {}
    return fields if isinstance(fields, dict) else {}
