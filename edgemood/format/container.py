"""The bytes of a variant file: a safetensors container with a digest, a manifest and arrays.

The array `manifest` is JSON, compressed with zlib. The header's metadata has a single entry,
`edgemood`: the SHA-256 of all arrays in the header, so every changed byte is detected.

An entry in the header takes about 85 bytes, more than many biases. Arrays smaller than `SMALL`
bytes therefore share one array, `small`, and the manifest's field of the same name lists them.
`small` is an array of 32-bit words, which safetensors stores before arrays of bytes, and it holds
the widest items first. All arrays are little-endian. They start at a multiple of their item size,
so they are used where the file's content lies in memory. The same content gives the same bytes with
the same version of zlib.
"""

import hashlib
import json
import zlib
from collections.abc import Mapping
from typing import Annotated, Any, Literal

import numpy as np
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
    located_in,
)
from edgemood.format.bounded_json import parse_object
from edgemood.format.file import VariantFile
from edgemood.format.header import MAX_ARRAYS, Shape, item_count, read_header
from edgemood.format.manifest import FORMAT_VERSION

SMALL = 4096
"""Arrays of at least this many bytes have their own entry in the header."""
MAX_MANIFEST_BYTES = 2**20
"""After decompression; a few kilobytes are usual."""

_METADATA_KEY = "edgemood"
_MANIFEST = "manifest"
_SMALL = "small"
_WORD = 4  # item size of `small`, and the largest item size within it
_OTHER_FILE = "name a file that `python -m compression build` wrote"

_Listing = tuple[str, Literal["<f4", "<f2", "|u1", "<u2", "<i4", "<u4"], Shape]
_LISTINGS = TypeAdapter(Annotated[tuple[_Listing, ...], Field(max_length=MAX_ARRAYS)])


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


def read(file: VariantFile) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
    """Parse a file and check its digest.

    Returns:
        The fields of the manifest, which are not validated, and all arrays, which are views of the
        file's content.

    Raises:
        ForeignFileError: the file was not written by edgemood.
        DamagedFileError: the container is broken, or its content does not match the digest.
        IncompatibleFileError: the file needs another version of edgemood.
    """
    stored_digest, arrays = _read(file)
    with located_in(file.path, _MANIFEST):
        fields = _fields(arrays.get(_MANIFEST))
    version = fields.get("format_version")
    if isinstance(version, int) and version > FORMAT_VERSION:
        problem = f"format version {version}, this edgemood reads up to {FORMAT_VERSION}"
        raise IncompatibleFileError(file.path, part=_MANIFEST, problem=problem, fix=UPGRADE)
    if digest(arrays) != stored_digest:
        problem = "the content does not match its SHA-256"
        raise DamagedFileError(file.path, part="content", problem=problem, fix=REPLACE)
    arrays.pop(_MANIFEST)
    with located_in(file.path, _SMALL):
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
        end = start + item_count(shape) * item
        if start % item or end > len(content) or name in arrays or name in others:
            raise LayoutError(f"{name} comes twice, is out of place, or goes beyond the end")
        arrays[name] = content[start:end].view(dtype).reshape(shape)
        start = end
    if len(content) - start >= _WORD:
        raise LayoutError(f"{len(content) - start} bytes belong to no array")
    return arrays


def _read(file: VariantFile) -> tuple[str, dict[str, NDArray[Any]]]:
    """The stored digest and the arrays of a container that edgemood wrote."""
    try:
        header = read_header(file.content)
    except LayoutError as error:
        raise _broken_container(file, str(error)) from error
    if _METADATA_KEY not in header.metadata:
        problem = "a safetensors file without an edgemood manifest"
        raise ForeignFileError(file.path, part="header", problem=problem, fix=_OTHER_FILE)
    stored = header.metadata[_METADATA_KEY]
    if _MANIFEST not in header.entries and " " in stored:  # format 1 kept the manifest here
        problem, fix = "a format that is no longer read", "build it again"
        raise IncompatibleFileError(file.path, part="header", problem=problem, fix=fix)
    with located_in(file.path, "container"):
        return stored, header.arrays(file.content)


def _broken_container(file: VariantFile, problem: str) -> DamagedFileError | ForeignFileError:
    if f'"{_METADATA_KEY}"'.encode() in file.content[:256]:
        return DamagedFileError(file.path, part="container", problem=problem, fix=REPLACE)
    problem = "not a safetensors file" if file.content else "the file is empty"
    return ForeignFileError(file.path, part="container", problem=problem, fix=_OTHER_FILE)


def _fields(stored: NDArray[Any] | None) -> dict[str, Any]:
    """The fields of the manifest.

    Raises:
        LayoutError: it is missing, or is not the compressed JSON that it should be.
    """
    if stored is None:
        raise LayoutError("the file has none")
    stream = zlib.decompressobj()
    try:
        text = stream.decompress(stored.tobytes(), MAX_MANIFEST_BYTES)
    except zlib.error as error:
        raise LayoutError(f"it cannot be decompressed: {error}") from error
    if not stream.eof:
        raise LayoutError(f"it is cut off, or larger than {MAX_MANIFEST_BYTES:,} bytes")
    return parse_object(text)
