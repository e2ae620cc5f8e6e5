"""The header: what it refuses, and that the safetensors library never refuses what it takes."""

import json
import struct
from typing import Any

import numpy as np
import pytest
import safetensors
import safetensors.numpy
from hypothesis import given
from hypothesis import strategies as st

from edgemood.errors import LayoutError, UnknownNameError
from edgemood.format.header import MAX_ARRAYS, MAX_HEADER_BYTES, read_header

X = {"dtype": "U8", "shape": [4], "data_offsets": [0, 4]}
Y = {"dtype": "F32", "shape": [2, 1], "data_offsets": [4, 12]}


def content_of(entries: Any, data: bytes = bytes(12)) -> bytes:
    text = json.dumps(entries).encode()
    return struct.pack("<Q", len(text)) + text + data


def arrays_of(content: bytes) -> dict[str, np.ndarray]:
    return read_header(content).arrays(content)


def test_arrays_are_read_as_the_library_reads_them() -> None:
    generator = np.random.default_rng(0)
    given_arrays = {
        "a": generator.normal(size=(3, 4)).astype(np.float32),
        "b": generator.normal(size=5).astype(np.float16),
        "c": np.arange(7, dtype=np.uint8),
        "d": np.zeros((0,), np.int32),
        "e": np.array(7, np.uint16),
        "f": np.ones((2, 2), np.uint32),
    }
    content = safetensors.numpy.save(given_arrays, metadata={"edgemood": "x"})
    arrays = arrays_of(content)
    assert read_header(content).metadata == {"edgemood": "x"}
    assert arrays.keys() == given_arrays.keys()
    for name, array in safetensors.numpy.load(content).items():
        assert arrays[name].dtype == array.dtype
        np.testing.assert_array_equal(arrays[name], array)
        assert not arrays[name].flags.writeable


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"", "beyond the end"),
        (bytes(7), "beyond the end"),
        (struct.pack("<Q", 2**64 - 1) + b"{}", "beyond the end"),
        (struct.pack("<Q", 3) + b"{}", "beyond the end"),
        (struct.pack("<Q", 2**21) + bytes(2**21), f"at most {MAX_HEADER_BYTES:,} are read"),
        (bytes(8), "not JSON"),
        (content_of([]), "not a JSON object"),
        (content_of({"__metadata__": {"a": 1}}), r"metadata\.a: .*string"),
        (content_of({"__metadata__": []}), "metadata: .*dictionary"),
        (content_of({"x": {**X, "more": 1}, "y": Y}), r"x\.more: Extra"),
        (content_of({"x": 1}), r"entries\.x: "),
        (content_of({"x": {**X, "shape": [True]}}), r"x\.shape\.0: .*integer"),
        (content_of({"x": {**X, "shape": ["4"]}}), r"x\.shape\.0: .*integer"),
        (content_of({"x": {**X, "shape": [4.0]}}), r"x\.shape\.0: .*integer"),
        (content_of({"x": {**X, "shape": [-4]}}), r"x\.shape\.0: .*greater"),
        (content_of({"x": {**X, "shape": [2**48]}}), r"x\.shape\.0: .*less"),
        (content_of({"x": {**X, "shape": [1] * 9}}), r"x\.shape: .*at most 8"),
        (content_of({"x": {**X, "shape": [2**40, 2**40, 0]}}), "too large"),
        (content_of({"x": X}), "8 bytes after the last array"),
        (content_of({"x": X, "y": Y}, bytes(11)), "y goes beyond the end"),
        (content_of({"x": X, "y": {**Y, "data_offsets": [0, 8]}}), "lies at"),
        (content_of({"x": X, "y": {**Y, "data_offsets": [5, 13]}}), "lies at"),
        (content_of({"x": X, "y": X}), "y lies at"),
        (content_of({"x": {**X, "data_offsets": [4, 0]}}), "x lies at"),
        (content_of({f"x{i}": X for i in range(MAX_ARRAYS + 1)}), "at most 4096"),
    ],
)
def test_refusals(content: bytes, problem: str) -> None:
    with pytest.raises(LayoutError, match=problem):
        arrays_of(content)


def test_an_unknown_type_is_not_called_damage() -> None:
    with pytest.raises(UnknownNameError, match="'BF16'; known: F32"):
        arrays_of(content_of({"x": {**X, "dtype": "BF16"}}))


entry = st.fixed_dictionaries(
    {
        "dtype": st.sampled_from(["U8", "F32", "F64"]),
        "shape": st.lists(st.integers(0, 3), max_size=2),
        "data_offsets": st.lists(st.integers(0, 8).map(lambda n: n * 4), min_size=2, max_size=2),
    }
)


@given(entries=st.dictionaries(st.sampled_from("xyz"), entry), size=st.integers(0, 8))
def test_what_is_taken_the_library_takes_too(entries: Any, size: int) -> None:
    content = content_of(entries, bytes(4 * size))
    try:
        arrays = arrays_of(content)
    except (LayoutError, UnknownNameError):
        return
    expected = dict(safetensors.deserialize(content))
    assert {name: list(a.shape) for name, a in arrays.items()} == {
        name: entry["shape"] for name, entry in expected.items()
    }
