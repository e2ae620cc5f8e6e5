"""The variant file: round trips, atomic saving, and an `ArtifactError` for every bad file."""

import json
import os
import struct
import zlib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import safetensors.numpy
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from edgemood import Artifact, ArtifactError, Classifier, VariantFile
from edgemood.encodings import Dense
from edgemood.errors import (
    DamagedFileError,
    ForeignFileError,
    IncompatibleFileError,
    UnreadableFileError,
)
from edgemood.format import container
from edgemood.format.manifest import FORMAT_VERSION


def test_round_trip(artifact: Artifact, artifact_path: Path) -> None:
    again = Artifact.open(artifact_path)
    assert again.manifest == artifact.manifest
    stored, expected = again.arrays(), artifact.arrays()
    assert stored.keys() == expected.keys()
    for name, array in expected.items():
        np.testing.assert_array_equal(stored[name], array)


def test_same_input_same_bytes(artifact: Artifact, artifact_path: Path) -> None:
    again = Artifact.open(artifact_path)
    assert artifact_path.read_bytes() == artifact.to_bytes() == again.to_bytes()


def test_arrays_are_views_of_the_content(artifact_path: Path) -> None:
    file = VariantFile.read(artifact_path)
    array = Artifact.from_file(file).arrays()["embedding.values"]
    assert not array.flags.writeable
    assert np.shares_memory(array, np.frombuffer(file.content, np.uint8))


def test_arrays_start_at_multiples_of_their_item_size(artifact_path: Path) -> None:
    for array in Artifact.open(artifact_path).arrays().values():
        assert array.__array_interface__["data"][0] % array.itemsize == 0


def test_saving_replaces_the_file_atomically(artifact: Artifact, artifact_path: Path) -> None:
    before = Artifact.open(artifact_path)
    artifact.with_manifest(thresholds=(0.1, 0.1, 0.1)).save(artifact_path)
    assert before.arrays()["embedding.values"].sum() == 8
    assert Artifact.open(artifact_path).manifest.thresholds == (0.1, 0.1, 0.1)
    assert list(artifact_path.parent.iterdir()) == [artifact_path]
    assert artifact_path.stat().st_mode & 0o777 == 0o644


def test_a_failed_save_leaves_no_temporary_file(artifact: Artifact, tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    with pytest.raises(OSError, match="folder"):
        artifact.save(tmp_path / "folder")
    assert list(tmp_path.iterdir()) == [tmp_path / "folder"]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=300)
@given(data=st.data())
def test_any_changed_byte_is_found(artifact: Artifact, tmp_path: Path, data: st.DataObject) -> None:
    content = bytearray(artifact.to_bytes())
    place = data.draw(st.integers(0, len(content) - 1))
    content[place] ^= data.draw(st.integers(1, 255))
    expect_refusal(tmp_path, bytes(content))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=100)
@given(data=st.data())
def test_any_truncation_is_found(artifact: Artifact, tmp_path: Path, data: st.DataObject) -> None:
    content = artifact.to_bytes()
    expect_refusal(tmp_path, content[: data.draw(st.integers(0, len(content) - 1))])


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(content=st.binary(max_size=200))
def test_any_other_content_is_refused(tmp_path: Path, content: bytes) -> None:
    expect_refusal(tmp_path, content)
    expect_refusal(tmp_path, struct.pack("<Q", len(content)) + content)


def expect_refusal(folder: Path, content: bytes) -> None:
    path = folder / "bad.safetensors"
    path.write_bytes(content)
    with pytest.raises(ArtifactError) as refusal:
        Classifier.open(path)
    assert str(path) in str(refusal.value)
    assert refusal.value.part
    assert refusal.value.fix


def test_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(UnreadableFileError, match=r"none\.safetensors: file: .*; check the path"):
        Artifact.open(tmp_path / "none.safetensors")


def test_a_folder(tmp_path: Path) -> None:
    with pytest.raises(UnreadableFileError):
        Artifact.open(tmp_path)


def test_an_empty_file(tmp_path: Path) -> None:
    (tmp_path / "empty.safetensors").touch()
    with pytest.raises(ForeignFileError, match="empty"):
        Artifact.open(tmp_path / "empty.safetensors")


def test_a_foreign_safetensors_file(tmp_path: Path) -> None:
    path = tmp_path / "foreign.safetensors"
    safetensors.numpy.save_file({"x": np.zeros(3)}, path)
    with pytest.raises(ForeignFileError, match=r"header: .*manifest"):
        Artifact.open(path)


def test_a_pickle_is_not_run(tmp_path: Path) -> None:
    path = tmp_path / "evil.safetensors"
    path.write_bytes(b"cos\nsystem\n(S'touch " + str(tmp_path / "ran").encode() + b"'\ntR.")
    with pytest.raises(ForeignFileError):
        Artifact.open(path)
    assert not (tmp_path / "ran").exists()


def test_a_truncated_file_is_called_damaged(artifact: Artifact, tmp_path: Path) -> None:
    path = tmp_path / "short.safetensors"
    path.write_bytes(artifact.to_bytes()[:-5])
    with pytest.raises(DamagedFileError, match="container"):
        Artifact.open(path)


def rewritten(artifact: Artifact, path: Path, **changes: object) -> Path:
    """Write a file with a changed manifest and a valid digest."""
    manifest = artifact.manifest.model_copy(update=changes)
    object.__setattr__(artifact, "manifest", manifest)
    artifact.save(path)
    return path


def test_a_newer_format(artifact: Artifact, tmp_path: Path) -> None:
    path = rewritten(artifact, tmp_path / "new.safetensors", format_version=FORMAT_VERSION + 1)
    with pytest.raises(IncompatibleFileError, match=rf"version {FORMAT_VERSION + 1}"):
        Artifact.open(path)


@pytest.mark.parametrize(
    "manifest",
    [
        zlib.compress(b"[" * 200_000),
        zlib.compress(b" " * 2**21 + b"{}"),  # decompresses to megabytes
        zlib.compress(b"{}")[:-1],
        zlib.compress(b"[]"),
        b"not zlib",
        b"",
    ],
)
def test_manifests_that_cannot_be_decoded(tmp_path: Path, manifest: bytes) -> None:
    """The digest is valid, so only the content of the manifest is at fault."""
    path = tmp_path / "bad.safetensors"
    arrays = {"manifest": np.frombuffer(manifest, np.uint8), "x": np.zeros(3, np.float32)}
    metadata = {"edgemood": container.digest(arrays)}
    safetensors.numpy.save_file(arrays, path, metadata=metadata)
    with pytest.raises(DamagedFileError, match="manifest"):
        Artifact.open(path)


def test_a_file_without_its_manifest(tmp_path: Path) -> None:
    path = tmp_path / "bad.safetensors"
    arrays = {"x": np.zeros(3, np.float32)}
    metadata = {"edgemood": container.digest(arrays)}
    safetensors.numpy.save_file(arrays, path, metadata=metadata)
    with pytest.raises(DamagedFileError, match="manifest"):
        Artifact.open(path)


def test_the_first_format_is_no_longer_read(tmp_path: Path) -> None:
    path = tmp_path / "old.safetensors"
    metadata = {"edgemood": f"{'0' * 64} {{}}"}
    safetensors.numpy.save_file({"x": np.zeros(3)}, path, metadata=metadata)
    with pytest.raises(IncompatibleFileError, match="format"):
        Artifact.open(path)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_weights_that_are_not_finite(artifact: Artifact, tmp_path: Path, value: float) -> None:
    path = tmp_path / "nan.safetensors"
    bias = Dense.encode(np.full((1, 3), value, np.float32))
    replace(artifact, weights={**artifact.weights, "layers.0.bias": bias}).save(path)
    with pytest.raises(DamagedFileError, match=r"layers\.0\.bias: "):
        Classifier.open(path)


@pytest.mark.parametrize(
    ("table", "layer", "problem"),
    [
        (3e38, 9, "embedding: .*magnitudes above 1e\\+18"),
        (-1e17, 1e17, "not numbers"),
        (0, 2e18, "magnitudes above"),
    ],
)
def test_weights_too_large_to_multiply(
    artifact: Artifact, tmp_path: Path, table: float, layer: float, problem: str
) -> None:
    """The unknown word has a row of zeros: only other words would give no numbers."""
    path = tmp_path / "huge.safetensors"
    rows = np.full((9, 2), table, np.float32)
    rows[0] = 0
    weight = np.full((3, 2), layer, np.float32) * np.array([1, -1], np.float32)
    weights = {"embedding": Dense.encode(rows), "layers.0.weight": Dense.encode(weight)}
    replace(artifact, weights={**artifact.weights, **weights}).save(path)
    with pytest.raises(DamagedFileError, match=problem):
        Classifier.open(path)


@pytest.mark.parametrize(
    "shape", [[0, 2**62], [0, 2**63], [0, 2**64 - 1], [1] * 100, [2**40, 2**40, 0]]
)
def test_absurd_shapes(tmp_path: Path, shape: list[int]) -> None:
    size = 4 if 0 not in shape else 0
    tensors = {"x": {"dtype": "F32", "shape": shape, "data_offsets": [0, size]}}
    header = json.dumps({"__metadata__": {"edgemood": "0"}, **tensors}).encode()
    path = tmp_path / "shape.safetensors"
    path.write_bytes(struct.pack("<Q", len(header)) + header + bytes(size))
    with pytest.raises(ArtifactError):
        Artifact.open(path)


def test_a_pipe_is_refused_without_waiting(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.safetensors")
    with pytest.raises(UnreadableFileError, match="not a file"):
        Artifact.open(tmp_path / "pipe.safetensors")


def test_a_name_that_is_not_a_path() -> None:
    with pytest.raises(UnreadableFileError):
        Artifact.open(Path("a\0b"))


@pytest.mark.parametrize("label", ["a\x00", "a\x1bb", " a", "a\n", ""])
def test_labels_with_control_characters(artifact: Artifact, tmp_path: Path, label: str) -> None:
    path = rewritten(artifact, tmp_path / "l.safetensors", labels=("joy", label, "neutral"))
    with pytest.raises(DamagedFileError, match=r"labels\.1"):
        Artifact.open(path)


def test_a_variant_of_another_tokenizer(artifact: Artifact, tmp_path: Path) -> None:
    path = rewritten(artifact, tmp_path / "t.safetensors", tokenizer_version=99)
    with pytest.raises(IncompatibleFileError, match="tokenizer 99"):
        Classifier.open(path)


@pytest.mark.parametrize("field", ["architecture", "vocabulary"])
def test_unknown_names(artifact: Artifact, tmp_path: Path, field: str) -> None:
    path = rewritten(artifact, tmp_path / "u.safetensors", **{field: "tomorrow"})
    with pytest.raises(IncompatibleFileError, match=r"'tomorrow'; known: .*upgrade"):
        Classifier.open(path)


def test_the_wrong_field_is_named(artifact: Artifact, tmp_path: Path) -> None:
    path = rewritten(artifact, tmp_path / "w.safetensors", thresholds=(0.5, 7.0, 0.5))
    with pytest.raises(DamagedFileError, match=r"manifest: thresholds\.1: "):
        Artifact.open(path)


def test_sizes_that_contradict_the_weights_are_named(artifact: Artifact, tmp_path: Path) -> None:
    path = rewritten(artifact, tmp_path / "s.safetensors", sizes={"dim": 3, "hidden": ()})
    with pytest.raises(DamagedFileError, match=r"embedding .*shape"):
        Classifier.open(path)
