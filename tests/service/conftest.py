"""Variant folders for the service, good files and bad."""

import os
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest

# Before anything imports prometheus_client: it decides at its import where values are kept.
os.environ.setdefault("PROMETHEUS_MULTIPROC_DIR", tempfile.mkdtemp(prefix="edgemood-metrics-"))

from edgemood import Artifact

TOKEN = "correct horse battery staple"


@pytest.fixture
def variants(artifact: Artifact, tmp_path: Path) -> Path:
    """Three sound variants of different taste, and one damaged file."""
    folder = tmp_path / "variants"
    folder.mkdir()
    for name in ("fp32", "int8-dynamic", "int8-static"):
        artifact.with_manifest(name=name).save(folder / f"{name}.safetensors")
    (folder / "broken.safetensors").write_bytes(b"not a variant")
    return folder


@pytest.fixture
def serve(
    variants: Path, tmp_path: Path, run_server: Callable[..., object]
) -> Callable[..., object]:
    """Starts servers over `variants`; keyword arguments are variables of the service."""

    def start(**environment: str) -> object:
        return run_server(
            tmp_path,
            EMOTION_VARIANTS=str(variants),
            EMOTION_ADMIN_TOKEN=TOKEN,
            **environment,
        )

    return start
