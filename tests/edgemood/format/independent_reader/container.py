"""The safetensors container: arrays, digest and small arrays."""

import hashlib
import json
import math
import struct
from typing import Any, NamedTuple

TYPES = {"F32": "<f4", "F16": "<f2", "U8": "|u1", "U16": "<u2", "I32": "<i4", "U32": "<u4"}
STRUCTS = {"<f4": "f", "<f2": "e", "|u1": "B", "<u2": "H", "<i4": "i", "<u4": "I"}


class Array(NamedTuple):
    """Values in row-major order."""

    type: str
    shape: tuple[int, ...]
    raw: bytes

    def values(self) -> list[Any]:
        letter = STRUCTS[self.type]
        return list(struct.unpack(f"<{math.prod(self.shape)}{letter}", self.raw))

    def row_bytes(self, row: int) -> bytes:
        width = self.shape[1]
        return self.raw[row * width : (row + 1) * width]


def container(content: bytes) -> tuple[dict[str, Array], str]:
    length = int.from_bytes(content[:8], "little")
    header = json.loads(content[8 : 8 + length])
    digest = header.pop("__metadata__")["edgemood"]
    arrays = {}
    for name, entry in header.items():
        begin, end = (8 + length + offset for offset in entry["data_offsets"])
        arrays[name] = Array(TYPES[entry["dtype"]], tuple(entry["shape"]), content[begin:end])
    return arrays, digest


def digest_of(arrays: dict[str, Array]) -> str:
    total = hashlib.sha256()
    for name, array in sorted(arrays.items()):
        total.update(f"\n{name} {array.type} {array.shape}\n".encode() + array.raw)
    return total.hexdigest()


def small(listing: list[Any], together: Array) -> dict[str, Array]:
    arrays, start = {}, 0
    for name, kind, shape in listing:
        end = start + math.prod(shape) * struct.calcsize("<" + STRUCTS[kind])
        arrays[name] = Array(kind, tuple(shape), together.raw[start:end])
        start = end
    return arrays
