"""The header of a safetensors container: which arrays the bytes after it hold.

It is checked completely before an array is made of it: the arrays have known types, follow each
other without gaps, and end with the file.
"""

import math
from collections.abc import Iterator, Mapping
from typing import Annotated, Any

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from edgemood.errors import LayoutError, UnknownNameError
from edgemood.format.bounded_json import parse_object

MAX_HEADER_BYTES = 2**20
MAX_ARRAYS = 4096
MAX_DIMENSIONS = 8

_METADATA = "__metadata__"
_LENGTH_BYTES = 8  # a safetensors file begins with the length of its header
_DTYPES = {"F32": "<f4", "F16": "<f2", "U8": "|u1", "U16": "<u2", "I32": "<i4", "U32": "<u4"}

_LARGEST_COUNT = 2**48

Count = Annotated[int, Field(strict=True, ge=0, lt=_LARGEST_COUNT)]
"""A dimension or an offset."""
Shape = Annotated[tuple[Count, ...], Field(max_length=MAX_DIMENSIONS)]


class ArrayEntry(BaseModel):
    """What the header says about one array."""

    model_config = ConfigDict(extra="forbid")

    dtype: str
    shape: Shape
    data_offsets: tuple[Count, Count]


class Header(BaseModel):
    """The parsed header."""

    metadata: dict[str, str]
    entries: Annotated[dict[str, ArrayEntry], Field(max_length=MAX_ARRAYS)]
    size: int
    """Bytes of the file before the first array."""

    def arrays(self, content: bytes) -> dict[str, NDArray[Any]]:
        """Return every array of a file by its name, as views that cannot be written to.

        Raises:
            LayoutError: the arrays do not fill the file one after the other.
            UnknownNameError: an array has a type that this version does not know.
        """
        return dict(_arrays(self.entries, np.frombuffer(content, np.uint8)[self.size :]))


def read_header(content: bytes) -> Header:
    """Parse the header of a whole file.

    Raises:
        LayoutError: the content is not a safetensors container, or exceeds a limit of this module.
    """
    size = _LENGTH_BYTES + int.from_bytes(content[:_LENGTH_BYTES], "little")
    if not _LENGTH_BYTES <= size <= len(content):
        raise LayoutError("the header goes beyond the end of the file")
    if size > MAX_HEADER_BYTES:
        raise LayoutError(f"a header of {size:,} bytes; at most {MAX_HEADER_BYTES:,} are read")
    entries = parse_object(content[_LENGTH_BYTES:size])
    try:
        return Header(metadata=entries.pop(_METADATA, {}), entries=entries, size=size)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        raise LayoutError(f"the header's {where}: {first['msg']}") from error


def item_count(shape: tuple[int, ...]) -> int:
    """Return the number of items of an array.

    Raises:
        LayoutError: numpy cannot hold the shape, even if one of its dimensions is 0.
    """
    if math.prod(size or 1 for size in shape) >= _LARGEST_COUNT:
        raise LayoutError(f"the shape {shape} is too large")
    return math.prod(shape)


def _arrays(
    entries: Mapping[str, ArrayEntry], data: NDArray[np.uint8]
) -> Iterator[tuple[str, NDArray[Any]]]:
    end = 0
    for name, entry in sorted(entries.items(), key=lambda item: item[1].data_offsets):
        if entry.dtype not in _DTYPES:
            raise UnknownNameError("type of an array", entry.dtype, _DTYPES)
        dtype = np.dtype(_DTYPES[entry.dtype])
        start, end = end, end + item_count(entry.shape) * dtype.itemsize
        if entry.data_offsets != (start, end):
            raise LayoutError(f"{name} lies at {entry.data_offsets}, not at {(start, end)}")
        if end > len(data):
            raise LayoutError(f"{name} goes beyond the end of the file")
        yield name, data[start:end].view(dtype).reshape(entry.shape)
    if end != len(data):
        raise LayoutError(f"{len(data) - end:,} bytes after the last array")
