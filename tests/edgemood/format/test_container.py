"""Round trips of containers, and listings of the shared array that do not fit it."""

import json
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import safetensors
import safetensors.numpy
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays_of

from edgemood import ArtifactError, VariantFile
from edgemood.errors import DamagedFileError
from edgemood.format import container
from edgemood.format.container import SMALL
from edgemood.format.manifest import FORMAT_VERSION

MANIFEST = {"format_version": FORMAT_VERSION}
DTYPES = ("<f4", "<f2", "|u1", "<u2", "<i4", "<u4")


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_round_trip(tmp_path: Path, data: st.DataObject) -> None:
    name = st.text("abc.", min_size=1, max_size=4)
    array = st.sampled_from(DTYPES).flatmap(
        lambda dtype: arrays_of.arrays(dtype, arrays_of.array_shapes(max_side=9, min_side=0))
    )
    given_arrays = data.draw(st.dictionaries(name, array, max_size=6))
    path = tmp_path / "x.safetensors"
    path.write_bytes(container.to_bytes({**MANIFEST, "name": "ü"}, given_arrays))
    fields, arrays = container.read(VariantFile.read(path))
    assert fields == {**MANIFEST, "name": "ü"}
    assert arrays.keys() == given_arrays.keys()
    for key, expected in given_arrays.items():
        assert arrays[key].dtype == expected.dtype
        assert arrays[key].__array_interface__["data"][0] % expected.itemsize == 0
        np.testing.assert_array_equal(arrays[key], expected)


def test_only_large_arrays_are_in_the_header(tmp_path: Path) -> None:
    path = tmp_path / "x.safetensors"
    given_arrays = {"large": np.zeros(SMALL, np.uint8), "small": np.zeros(SMALL - 1, np.uint8)}
    given_arrays |= {f"bias.{i}": np.zeros(7, np.float32) for i in range(20)}
    given_arrays["other"] = given_arrays.pop("small")
    path.write_bytes(container.to_bytes(MANIFEST, given_arrays))
    with safetensors.safe_open(path, framework="numpy") as file:
        assert set(file.keys()) == {"large", "manifest", "small"}
    header_entry = 80
    unpacked = sum(array.nbytes + header_entry for array in given_arrays.values())
    assert path.stat().st_size < unpacked - 15 * header_entry


def written(folder: Path, listing: Any, together: bytes) -> Path:
    """Write a file with this listing and a valid digest."""
    path = folder / "bad.safetensors"
    text = json.dumps({**MANIFEST, "small": listing}).encode()
    arrays = {
        "manifest": np.frombuffer(zlib.compress(text), np.uint8),
        "large": np.zeros(SMALL, np.uint8),
        "small": np.frombuffer(together, "<u4"),
    }
    metadata = {"edgemood": container.digest(arrays)}
    safetensors.numpy.save_file(arrays, path, metadata=metadata)
    return path


@pytest.mark.parametrize(
    ("listing", "problem"),
    [
        ([["x", "|u1", [9]]], "beyond the end"),
        ([["x", "|u1", [1]], ["y", "<f4", [1]]], "out of place"),
        ([["x", "|u1", [2]], ["x", "|u1", [6]]], "comes twice"),
        ([["large", "|u1", [8]]], "comes twice"),
        ([["x", "|u1", [4]]], "belong to no array"),
        ([["x", "<f8", [1]]], "not a list of arrays"),
        ([["x", "|u1", [-1]]], "not a list of arrays"),
        ("x", "not a list of arrays"),
        ([], "belong to no array"),
        ([["x", "|u1", [2**40, 2**40]]], "too large"),
        ([["x", "|u1", [0, 2**40, 2**40]]], "too large"),
        ([["x", "|u1", [2**40]]], "beyond the end"),
    ],
)
def test_listings_that_do_not_fit(tmp_path: Path, listing: Any, problem: str) -> None:
    with pytest.raises(DamagedFileError, match=rf"small: .*{problem}.*build it again"):
        container.read(VariantFile.read(written(tmp_path, listing, bytes(8))))


def test_files_of_the_second_format_have_no_shared_array(tmp_path: Path) -> None:
    path = tmp_path / "second.safetensors"
    text = json.dumps({"format_version": 2}).encode()
    arrays = {
        "manifest": np.frombuffer(zlib.compress(text), np.uint8),
        "bias.values": np.ones((1, 3), np.float32),
    }
    safetensors.numpy.save_file(arrays, path, metadata={"edgemood": container.digest(arrays)})
    fields, read = container.read(VariantFile.read(path))
    assert fields == {"format_version": 2}
    np.testing.assert_array_equal(read["bias.values"], np.ones((1, 3), np.float32))


def test_a_listing_without_its_array(tmp_path: Path) -> None:
    path = tmp_path / "none.safetensors"
    text = json.dumps({**MANIFEST, "small": [["x", "|u1", [4]]]}).encode()
    arrays = {"manifest": np.frombuffer(zlib.compress(text), np.uint8)}
    safetensors.numpy.save_file(arrays, path, metadata={"edgemood": container.digest(arrays)})
    with pytest.raises(ArtifactError, match="small"):
        container.read(VariantFile.read(path))
