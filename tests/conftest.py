"""Small artifacts, and real servers on free ports; no network is needed."""

import gc
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
from hypothesis import settings

from benchmarks.harness.server import ServerProcess, run_service
from edgemood import Artifact
from edgemood.encodings import Dense
from edgemood.text.tokenizers import CURRENT_VERSION
from edgemood.text.vocabulary import PlainVocabulary

settings.register_profile("suite", deadline=None, max_examples=50, derandomize=True)
settings.load_profile("suite")

WORDS = ("happy", "sad", "i", "am", "!!", "don't", "[name]", "😂")
LABELS = ("joy", "sadness", "neutral")
SINGLE_LABEL = {"decision": "single-label", "thresholds": (0, 0, 0)}
DECISIONS: dict[str, dict[str, Any]] = {
    "careful": {"abstention": {"threshold": 0.9, "coverage": 0.5, "precision": 0.8}},
    "single": SINGLE_LABEL,
    "single-careful": {
        **SINGLE_LABEL,
        "calibration": {"slopes": (1, 1, 1), "biases": (0, 0.5, 0)},
        "abstention": {"threshold": 0.9, "coverage": 0.5, "accuracy": 0.75},
    },
}
"""Changes to the manifest of variants that decide in other ways than the rest."""
TOKEN = "correct horse battery staple"
REQUIRE_ALL = bool(os.environ.get("EDGEMOOD_REQUIRE_ALL"))
"""Whether a skipped test counts as failed, as in CI."""


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(collector: pytest.Collector) -> Iterator[None]:
    return without_skip((yield))


def pytest_collection_finish() -> None:
    """Leave all that has been imported out of collections: with torch each takes half a second."""
    gc.collect()
    gc.freeze()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    return without_skip((yield))


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Print what tests have recorded as their property `summary`, also if they pass."""
    for report in terminalreporter.getreports("passed"):
        for name, value in report.user_properties:
            if name == "summary":
                terminalreporter.write_line(f"{report.nodeid}: {value}")


def without_skip(report: Any) -> Any:
    """Turn the report of a skipped module or test into a failure if everything is required."""
    if REQUIRE_ALL and report.skipped:
        report.outcome = "failed"
        report.longrepr = f"EDGEMOOD_REQUIRE_ALL is set: {report.longrepr}"
    return report


def make_artifact() -> Artifact:
    """A bag with two-dimensional word vectors, small enough to compute by hand."""
    embedding = np.zeros((len(WORDS) + 1, 2), dtype=np.float32)
    embedding[1] = (4, 0)  # happy
    embedding[2] = (0, 4)  # sad
    weights = {
        "embedding": Dense.encode(embedding),
        "layers.0.weight": Dense.encode(np.array([[1, 0], [0, 1], [-1, -1]], dtype=np.float32)),
        "layers.0.bias": Dense.encode(np.array([[-1, -1, 1]], dtype=np.float32)),
    }
    manifest = {
        "name": "tiny",
        "architecture": "bag",
        "sizes": {"dim": 2, "hidden": ()},
        "tokenizer_version": CURRENT_VERSION,
        "labels": LABELS,
        "thresholds": (0.5, 0.5, 0.6),
        "method": "fp32",
    }
    return Artifact.create(manifest, PlainVocabulary(WORDS), weights)


@pytest.fixture
def artifact() -> Artifact:
    """A new one for each test."""
    return make_artifact()


@pytest.fixture(scope="session")
def session_artifact() -> Artifact:
    """One for fixtures that outlive a test; not to be changed."""
    return make_artifact()


@pytest.fixture
def artifact_path(artifact: Artifact, tmp_path: Path) -> Path:
    path = tmp_path / "tiny.safetensors"
    artifact.save(path)
    return path


class Server(ServerProcess):
    """A running service with a client."""

    def client(self) -> httpx.Client:
        return httpx.Client(base_url=self.url, timeout=30)


@contextmanager
def _run_server(folder: Path, **environment: str) -> Iterator[Server]:
    """Run `python -m service` until the block ends.

    Args:
        folder: for the log, the state and BentoML's own files.
        environment: variables of the service.
    """
    with run_service(folder, environment=environment) as server:
        yield Server(server.url, server.log, server.process)


@pytest.fixture(scope="session")
def run_server() -> Callable[..., object]:
    """A context manager that runs `python -m service`; see `_run_server`."""
    return _run_server


@pytest.fixture
def variants(artifact: Artifact, tmp_path: Path) -> Path:
    """A folder of three valid variants and one damaged file."""
    folder = tmp_path / "variants"
    folder.mkdir()
    for name in ("fp32", "int8-dynamic", "int8-static"):
        artifact.with_manifest(name=name).save(folder / f"{name}.safetensors")
    (folder / "broken.safetensors").write_bytes(b"not a variant")
    return folder


@pytest.fixture
def decisions(artifact: Artifact, variants: Path) -> None:
    """Adds the variants of `DECISIONS` to the folder; use it before the fixture of a service."""
    for name, changes in DECISIONS.items():
        artifact.with_manifest(name=name, **changes).save(variants / f"{name}.safetensors")


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
