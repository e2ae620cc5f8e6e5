"""Encodings: rows and products of each kind of weight."""

import math
import struct
from functools import cached_property
from typing import Any

from .container import STRUCTS, Array

Vector = list[float]


def codes(raw: bytes, bits: int, count: int) -> list[int]:
    stream = int.from_bytes(raw, "little")
    return [(stream >> (i * bits)) & (2**bits - 1) for i in range(count)]


class Weight:
    """A matrix that decodes rows; `inputs` is what a product does with its inputs first."""

    def __init__(self, entry: dict[str, Any], arrays: dict[str, Array]) -> None:
        self.rows, self.columns = entry["shape"]
        self.settings, self.arrays = entry.get("settings", {}), arrays

    def row(self, i: int) -> Vector:
        raise NotImplementedError

    @cached_property
    def matrix(self) -> list[Vector]:
        return [self.row(i) for i in range(self.rows)]

    def product(self, x: Vector) -> Vector:
        x = inputs(self.settings, x)
        return [dot(x, row) for row in self.matrix]


class Dense(Weight):
    def row(self, i: int) -> Vector:
        array = self.arrays["values"]
        size = struct.calcsize("<" + STRUCTS[array.type])
        raw = array.raw[i * self.columns * size : (i + 1) * self.columns * size]
        return list(struct.unpack(f"<{self.columns}{STRUCTS[array.type]}", raw))


class Integer(Weight):
    def row(self, i: int) -> Vector:
        bits = self.settings["bits"]
        found = codes(self.arrays["packed"].row_bytes(i), bits, self.columns)
        signed = [2 * c - 1 if bits == 1 else c - 2 ** (bits - 1) for c in found]
        scales = self.arrays["scale"].values()
        zeros = self.arrays["zero_point"].values() if "zero_point" in self.arrays else [0]
        scale, zero = scales[i % len(scales)], zeros[i % len(zeros)]
        return [(c - zero) * scale for c in signed]


class Codebook(Weight):
    def row(self, i: int) -> Vector:
        centroids = self.arrays["centroids"].values()
        bits = max(1, math.ceil(math.log2(len(centroids))))
        found = codes(self.arrays["packed"].row_bytes(i), bits, self.columns)
        return [centroids[c] for c in found]


class Apot(Weight):
    def row(self, i: int) -> Vector:
        bits = self.settings["bits"]
        largest = max(self.total(c) for c in range(2 ** (bits - 1)))
        alphas = self.arrays["alpha"].values()
        row = []
        for code in codes(self.arrays["packed"].row_bytes(i), bits, self.columns):
            sign, fields = (-1 if code >> (bits - 1) else 1), code & (2 ** (bits - 1) - 1)
            row.append(sign * self.total(fields) / largest * alphas[i % len(alphas)])
        return row

    def total(self, fields: int) -> float:
        bits, base = self.settings["bits"], self.settings["base_bits"]
        n = (bits - 1) // base
        values = codes(fields.to_bytes(2, "little"), base, n)
        return sum(2.0 ** -(i + (f - 1) * n) for i, f in enumerate(values) if f)


class Sparse(Weight):
    def mask(self, i: int) -> list[int]:
        return codes(self.arrays["mask"].row_bytes(i), 1, self.columns)

    def stored(self) -> list[float]:
        return self.arrays["values"].values()

    def row(self, i: int) -> Vector:
        first = sum(sum(self.mask(j)) for j in range(i))
        values = iter(self.stored()[first:])
        return [next(values) if kept else 0.0 for kept in self.mask(i)]


class SparseCodebook(Sparse):
    def stored(self) -> list[float]:
        centroids = self.arrays["centroids"].values()
        bits = max(1, math.ceil(math.log2(len(centroids))))
        count = sum(sum(self.mask(i)) for i in range(self.rows))
        return [centroids[c] for c in codes(self.arrays["packed"].raw, bits, count)]


class Factored(Weight):
    left: Weight
    right: Weight

    def row(self, i: int) -> Vector:
        left = self.left.row(i)
        right = [self.right.row(j) for j in range(len(left))]
        return [dot(left, [row[k] for row in right]) for k in range(self.columns)]

    def product(self, x: Vector) -> Vector:
        return self.left.product(self.right.product(x))


ENCODINGS = {
    "dense": Dense,
    "integer": Integer,
    "codebook": Codebook,
    "apot": Apot,
    "sparse": Sparse,
    "sparse-codebook": SparseCodebook,
    "factored": Factored,
}


def weight(name: str, entry: dict[str, Any], arrays: dict[str, Array]) -> Weight:
    own = {n.removeprefix(f"{name}."): a for n, a in arrays.items() if n.rpartition(".")[0] == name}
    found = ENCODINGS[entry["encoding"]](entry, own)
    for part, below in entry.get("parts", {}).items():
        setattr(found, part, weight(f"{name}.{part}", below, arrays))
    return found


def inputs(settings: dict[str, Any], x: Vector) -> Vector:
    mode = settings.get("activations", "none")
    if mode == "none":
        return x
    if mode == "static":
        scale, zero = settings["input_scale"], settings["input_zero_point"]
    else:
        low, high = min(0.0, *x), max(0.0, *x)
        scale = (high - low) / 255 if high - low >= 1e-30 else 1.0
        zero = -128 - round(low / scale)
    return [(max(-128, min(127, round(v / scale) + zero)) - zero) * scale for v in x]


def dot(one: Vector, other: Vector) -> float:
    return math.fsum(a * b for a, b in zip(one, other, strict=True))
