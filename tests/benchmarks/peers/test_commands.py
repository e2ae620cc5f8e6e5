"""Every peer of the benchmarks starts and classifies as the library does."""

import json
import sys
from pathlib import Path

import pytest

from benchmarks.harness.server import ROOT, run_server
from benchmarks.harness.workload import TEXT, VARIANT, can_classify, classify
from benchmarks.peers import commands
from edgemood import Classifier

PEERS = {
    "starlette_service": commands.uvicorn(sys.executable, "starlette_service"),
    "starlette_classifier": commands.uvicorn(sys.executable, "starlette_classifier"),
    "bentoml_default": commands.bentoml(sys.executable, "bentoml_default:Plain"),
}


@pytest.mark.parametrize("peer", PEERS)
def test_peer_classifies_like_the_library(peer: str, tmp_path: Path) -> None:
    environment = {
        "EMOTION_VARIANTS": str(ROOT / "variants"),
        "PYTHONPATH": str(ROOT),
    }
    with run_server(
        PEERS[peer], tmp_path, is_ready=can_classify, environment=environment
    ) as server:
        (found,) = json.loads(classify(server.url))["results"]
    (expected,) = Classifier.open(ROOT / "variants" / f"{VARIANT}.safetensors").classify([TEXT])
    assert found["labels"] == list(expected.labels)
    assert found["scores"] == pytest.approx(expected.scores, abs=1e-6)
