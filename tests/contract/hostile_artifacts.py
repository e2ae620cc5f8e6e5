"""Files that are almost valid: a seeded corpus made from small variants of every kind.

The sources cover the whole tables of encodings, architectures and vocabularies. A mutation changes
the bytes of a file, its header, its manifest or its arrays.
"""

import json
import struct
from collections.abc import Callable, Iterator
from copy import deepcopy
from typing import Any

import numpy as np

from edgemood.format import container
from tests.contract.hostile_sources import (
    ABSTAINING,
    ADAPTED,
    CALIBRATED,
    SINGLE,
    Source,
    signed,
    sources,
    unlisted,
    with_manifest,
)


def corpus(seed: int, count: int) -> Iterator[tuple[str, bytes]]:
    """Yield the name and the content of each hostile file.

    Args:
        seed: the same one gives the same files.
        count: files for each pair of source and mutation.
    """
    for i, source in enumerate(sources()):
        for j, mutate in enumerate(MUTATIONS):
            generator = np.random.default_rng((seed, i, j))
            for number in range(count):
                name = f"{source.name}: {mutate.__name__} {number}"
                yield name, mutate(source, generator)


def flipped_bits(source: Source, generator: np.random.Generator) -> bytes:
    content = bytearray(source.content)
    for place in generator.integers(0, len(content), size=generator.integers(1, 9)):
        content[place] ^= 1 << int(generator.integers(8))
    return bytes(content)


def moved_bytes(source: Source, generator: np.random.Generator) -> bytes:
    """The file cut, extended, or with a part that is overwritten by another."""
    content = source.content
    start, end = sorted(generator.integers(0, len(content), size=2).tolist())
    kinds = (
        content[:start],
        content + content[start:end],
        content[:start] + bytes(end - start) + content[end:],
        content[:start] + content[end:],
        content[:start] + content[: end - start] + content[end:],
    )
    return kinds[generator.integers(len(kinds))]


def other_length(source: Source, generator: np.random.Generator) -> bytes:
    """The length of the header is not what it says."""
    right = source.header.size - 8
    wrong = (0, 1, right - 1, right + 1, right + 8, len(source.content), 2**31, 2**63, 2**64 - 1)
    return struct.pack("<Q", wrong[generator.integers(len(wrong))]) + source.content[8:]


def other_header(source: Source, generator: np.random.Generator) -> bytes:
    source = source.spread if generator.integers(2) else source
    return signed(_text(_mutated(source.entries, generator), generator), source.data)


def other_offsets(source: Source, generator: np.random.Generator) -> bytes:
    """Arrays swapped, overlapping, or on top of each other."""
    source = source.spread
    entries = deepcopy(source.entries)
    first, second = generator.choice([n for n in entries if n != "__metadata__"], size=2)
    key = ("data_offsets", "shape", "dtype")[generator.integers(3)]
    entries[first][key], entries[second][key] = entries[second][key], entries[first][key]
    if generator.integers(2):
        entries[second]["data_offsets"] = entries[first]["data_offsets"]
    return signed(json.dumps(entries), source.data)


def other_manifest(source: Source, generator: np.random.Generator) -> bytes:
    text = _text(_mutated(source.manifest, generator), generator)
    return with_manifest(source.stored, text.encode("utf-8", "surrogatepass"))


def other_decision(source: Source, generator: np.random.Generator) -> bytes:
    """A changed calibration, adaptation, decision or abstention; the file has all at first."""
    is_single = bool(generator.integers(2))
    decision = SINGLE if is_single else {"decision": "multi-label", "thresholds": [0.5, 0.5, 0.6]}
    fields = json.loads(json.dumps({**CALIBRATED, **ADAPTED, **ABSTAINING, **decision}))
    manifest = {**source.manifest, "format_version": 5, **_mutated(fields, generator)}
    return with_manifest(source.stored, json.dumps(manifest).encode("utf-8", "surrogatepass"))


def other_manifest_bytes(source: Source, generator: np.random.Generator) -> bytes:
    """A manifest whose JSON has changed characters, or whose compressed bytes have."""
    text = bytearray(json.dumps(source.manifest).encode())
    for place in generator.integers(0, len(text), size=generator.integers(1, 4)):
        text[place] = generator.choice([*b'"\\{}[],:0e-', 0, 0x80, 0xFF])
    return with_manifest(source.stored, bytes(text), level=int(generator.integers(10)))


def other_values(source: Source, generator: np.random.Generator) -> bytes:
    """Arrays with extreme numbers, or random bytes."""
    name = generator.choice(sorted(source.arrays))
    array = source.arrays[name].copy()
    flat = array.reshape(-1)
    if flat.size and array.dtype.kind == "f" and generator.integers(4):
        pool = [np.nan, np.inf, -np.inf, 3e38, -3e38, 6e4, 1e-40, -0.0, 0.0, -1.0]
        places = generator.integers(0, flat.size, size=generator.integers(1, 4))
        with np.errstate(over="ignore"):
            flat[places] = generator.choice(pool)
    else:
        content = generator.bytes(array.nbytes) if generator.integers(2) else b"\xff" * array.nbytes
        flat[:] = np.frombuffer(content, array.dtype)
    return container.to_bytes(unlisted(source.manifest), {**source.arrays, name: array})


def other_arrays(source: Source, generator: np.random.Generator) -> bytes:
    """Arrays of another shape or type, arrays that are missing, and arrays too many."""
    arrays = dict(source.arrays)
    name, other = generator.choice(sorted(arrays), size=2)
    array = arrays[name]
    kinds = (
        lambda: array.reshape(-1),
        lambda: array[..., : array.shape[-1] // 2],
        lambda: np.concatenate([array, array]),
        lambda: array.reshape(*array.shape, 1),
        lambda: array.astype(generator.choice(["<f4", "<f2", "|u1", "<u2", "<i4", "<u4"])),
        lambda: np.zeros((0, *array.shape[1:]), array.dtype),
        lambda: arrays[other],
    )
    with np.errstate(all="ignore"):
        arrays[name] = kinds[generator.integers(len(kinds))]()
    if not generator.integers(6):
        del arrays[name]
    elif not generator.integers(6):
        arrays[f"{name}.more"] = array
    return container.to_bytes(unlisted(source.manifest), arrays)


MUTATIONS: tuple[Callable[[Source, np.random.Generator], bytes], ...] = (
    flipped_bits,
    moved_bytes,
    other_length,
    other_header,
    other_offsets,
    other_manifest,
    other_decision,
    other_manifest_bytes,
    other_values,
    other_arrays,
)

_EVIL: tuple[Any, ...] = (
    *(None, True, False, -1, 0, 1, 2, 3, 7, 8, 9, 32, 255, 65_536, 2**31, 2**32, 2**53, -(2**31)),
    *(2**63, 2**64, 10**30, -(2**63), 0.5, -0.0, 1e-320, 1e308, float("inf"), float("nan"), 2.0),
    *("", "x", "\x00", "\x1b[2J", "\ud800", "\udfff x", "x" * 5000, "../../x", "0" * 64, "1", "é"),
    *([], {}, [0], [1, 1], [0, 0], [2**40, 2**40], [[[]]], {"": {}}, [None], ["x"] * 300),
    *("bag", "gru", "plain", "fingerprints", "dense", "integer", "codebook", "apot", "sparse"),
    *("sparse-codebook", "factored", "static", "dynamic", "none", "F64", "BF16", "F32", "U8"),
    *("single-label", "multi-label"),
)


def _mutated(value: Any, generator: np.random.Generator) -> Any:
    """A copy with one to three places replaced, removed, renamed or repeated."""
    root = [deepcopy(value)]
    for _ in range(generator.integers(1, 4)):
        parent, key = _place(root, generator)
        kind = generator.integers(10)
        if kind < 7 or parent is root:
            parent[key] = deepcopy(_EVIL[generator.integers(len(_EVIL))])
        elif kind == 7:
            del parent[key]
        elif isinstance(parent, dict):
            name = ("", "x", "a.b", "\ud800", "small", "left")[generator.integers(6)]
            parent[name] = deepcopy(parent[key])
        else:
            parent.append(deepcopy(parent[key]))
    return root[0]


def _place(root: list[Any], generator: np.random.Generator) -> tuple[Any, Any]:
    """A random place: the container and the key or index in it."""
    parent: Any = root
    key: Any = 0
    while isinstance(parent[key], dict | list) and parent[key]:
        if parent is not root and not generator.integers(6):
            break
        parent = parent[key]
        keys = list(parent) if isinstance(parent, dict) else list(range(len(parent)))
        key = keys[generator.integers(len(keys))]
    return parent, key


def _text(value: Any, generator: np.random.Generator) -> str:
    """JSON, at times with a key that comes twice, or nested deeply."""
    text = json.dumps(value, ensure_ascii=bool(generator.integers(2)))
    kind = generator.integers(12)
    if kind == 0 and text.startswith("{"):
        return "{" + text[1:-1] + ", " + text[1:]
    if kind == 1:
        depth = int(generator.choice([10, 40, 1000, 100_000]))
        return text.replace("1", "[" * depth + "]" * depth, 1)
    return text
