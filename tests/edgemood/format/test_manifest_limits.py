"""Manifests that would break later can neither be made nor opened."""

import json
import zlib
from pathlib import Path

import numpy as np
import pytest
import safetensors.numpy

from edgemood import Artifact
from edgemood.errors import DamagedFileError
from edgemood.format import container


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("settings", {"note": "\ud800"}),
        ("settings", {"\udfff": 1}),
        ("settings", {"notes": ["x", {"y": "\x07"}]}),
        ("settings", {"note": "x" * 5000}),
        ("sizes", {"dim\x00": 2}),
        ("metrics", {"test": {"f1": float("nan")}}),
        ("settings", {"note": float("inf")}),
        ("weights", {"": {"encoding": "dense", "shape": (1, 1)}}),
        ("weights", {"x" * 129: {"encoding": "dense", "shape": (1, 1)}}),
        ("weights", {"x": {"encoding": "dense", "shape": (1, 2**31)}}),
        ("sizes", {"dim": 2**31}),
        ("sizes", {"hidden": (1,) * 65}),
        ("labels", tuple(f"l{i}" for i in range(2000))),
    ],
)
def test_a_manifest_that_could_not_be_opened_cannot_be_made(
    artifact: Artifact, field: str, value: object
) -> None:
    with pytest.raises(ValueError):  # noqa: PT011  # pydantic's, or that of `json`
        artifact.with_manifest(**{field: value}).to_bytes()


def test_strings_that_no_output_can_hold(artifact: Artifact, tmp_path: Path) -> None:
    """The escape of a lone surrogate is JSON, and what it stands for cannot be encoded again."""
    manifest = artifact.with_manifest(settings={"note": "HERE"}).manifest.model_dump(mode="json")
    text = json.dumps(manifest).replace("HERE", r"\ud800")
    arrays = {"manifest": np.frombuffer(zlib.compress(text.encode()), np.uint8)}
    metadata = {"edgemood": container.digest(arrays)}
    safetensors.numpy.save_file(arrays, tmp_path / "bad.safetensors", metadata=metadata)
    with pytest.raises(DamagedFileError, match=r"manifest: settings\.note: .*U\+D800.*; get"):
        Artifact.open(tmp_path / "bad.safetensors")
