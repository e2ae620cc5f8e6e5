"""One server over real HTTP: start, stop, log, memory and large bodies."""

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import numpy as np
import pytest

from edgemood import Artifact
from edgemood.encodings import Dense
from edgemood.text.vocabulary import PlainVocabulary
from tests.system.caller import wait_for
from tests.system.calls import TOKEN, metrics_of, put_split, samples

ROOT = Path(__file__).parents[2]


def test_texts_of_bad_requests_are_not_logged(
    serve: Callable[..., object],
) -> None:
    secret = "4f1c2a-private-text"
    with serve() as server, server.client() as client:
        statuses = [
            client.post("/classify", json={"text": secret, "variant": "nope"}).status_code,
            client.post("/classify", json={"text": [secret]}).status_code,
            client.post("/classify", content=secret).status_code,
            client.post(
                "/classify", content=secret, headers={"content-type": "application/json"}
            ).status_code,
            client.post("/classify", json={"text": secret * 60_000}).status_code,
            client.get(f"/{secret}").status_code,
            client.get("/classify").status_code,
            client.put("/routing", json={"split": {secret: 1}, "reference": "fp32"}).status_code,
            put_split(client, {secret: 1}).status_code,
            client.post("/classify", json={"text": secret, "variant": "broken"}).status_code,
        ]
        assert statuses == [404, 422, 415, 400, 413, 404, 405, 401, 422, 503]
        for path in range(50):
            client.get(f"/scan/{path}")
        metrics = client.get("/metrics").text
        assert client.post("/classify", json={"text": secret}).status_code == 200
    log = server.log.read_text()
    first, limits, *entries = log.splitlines()
    assert first.startswith("serving ")
    assert limits.startswith("limits ")
    assert {json.loads(entry)["level"] for entry in entries} >= {"error", "info"}
    assert "Traceback" not in log
    assert secret not in log + metrics
    assert TOKEN not in log + metrics
    assert "scan" not in metrics
    assert "variant broken is not served" in log


def test_a_body_over_the_limit_is_answered_while_it_is_still_sent(
    serve: Callable[..., object],
) -> None:
    with serve() as server:
        connection = http.client.HTTPConnection(urlsplit(server.url).netloc, timeout=30)
        body = b'{"text": "' + b"x" * (5 * 1024 * 1024) + b'"}'
        connection.request("POST", "/classify", body, {"Content-Type": "application/json"})
        response = connection.getresponse()
        assert response.status == 413
        assert json.loads(response.read())["error"]["code"] == "body_too_large"
        connection.request("GET", "/variants")  # the connection is still usable
        assert connection.getresponse().status == 200
        connection.close()


def test_without_fp32_the_default_policy_names_a_loaded_variant(
    serve: Callable[..., object], variants: Path
) -> None:
    with (variants / "fp32.safetensors").open("ab") as file:
        file.write(b"x")
    with serve() as server, server.client() as client:
        response = client.post("/classify", json={"text": "happy"})
        assert response.json()["variant"] == "int8-dynamic"
        assert 'emotion_split_ratio{variant="int8-dynamic"} 1.0' in client.get("/metrics").text


def test_unloading_returns_the_memory(
    artifact: Artifact, variants: Path, serve: Callable[..., object]
) -> None:
    words = [f"w{i}" for i in range(200_000)]
    embedding = Dense.encode(np.zeros((len(words) + 1, 2), np.float32))
    weights = {**artifact.weights, "embedding": embedding}
    manifest = artifact.manifest.model_dump() | {"name": "large"}
    large = Artifact.create(manifest, PlainVocabulary(words), weights)
    large.save(variants / "large.safetensors")

    def resident(url: str) -> tuple[float, float]:
        """Resident bytes of the process, and those reported for the variant."""
        text = metrics_of(url)
        (process,) = samples(text, "emotion_process_resident_bytes").values()
        parts = samples(text, "emotion_variant_resident_bytes")
        return process, sum(held for labels, held in parts.items() if 'variant="large"' in labels)

    with serve(EMOTION_WORKERS="1") as server, server.client() as client:
        before, held = resident(server.url)
        admin = {"Authorization": f"Bearer {TOKEN}"}
        assert client.post("/variants/large/unload", headers=admin).status_code == 200
        assert held > 20e6
        wait_for(lambda: resident(server.url)[1] == 0)
        wait_for(lambda: before - resident(server.url)[0] > 0.8 * held)
        assert client.post("/variants/large/load", headers=admin).status_code == 200
        assert client.post("/classify", json={"text": "w7", "variant": "large"}).status_code == 200


def test_a_stopping_server_answers_what_runs_and_refuses_what_waits(
    run_server: Callable[..., object], tmp_path: Path
) -> None:
    # A third of a second each with the shipped GRU, one after the other: none is done too soon.
    body = {"texts": ["happy " * 1600] * 100, "variant": "fp32"}
    with run_server(tmp_path, EMOTION_WORKERS="1") as server, ThreadPoolExecutor(6) as pool:
        sent = [
            pool.submit(httpx.post, f"{server.url}/classify", json=body, timeout=30)
            for _ in range(6)
        ]
        wait(sent, return_when=FIRST_COMPLETED)
        assert not all(response.done() for response in sent)
        server.process.send_signal(signal.SIGTERM)
        responses = [response.result() for response in sent]
        refused = [response for response in responses if response.status_code != 200]
        assert 0 < len(refused) < 6
        for response in refused:
            assert response.status_code == 503
            assert response.json()["error"]["code"] == "shutting_down"
        assert server.process.wait(timeout=30) == 0
        with pytest.raises(httpx.TransportError):
            httpx.get(f"{server.url}/livez")


@pytest.mark.parametrize(
    ("name", "value"),
    [("PORT", "none"), ("EMOTION_VARIANTS", "/nowhere"), ("EMOTION_VARIANTS", "tests")],
)
def test_an_invalid_setting_stops_the_start_with_its_name(name: str, value: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "service"],
        cwd=ROOT,
        env={**os.environ, name: value},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert done.stderr.startswith(f"service: {name}: ")
    assert "Traceback" not in done.stderr


def test_a_port_that_is_taken_is_named() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = subprocess.run(
            [sys.executable, "-m", "service"],
            cwd=ROOT,
            env={**os.environ, "PORT": str(port)},
            capture_output=True,
            text=True,
            check=False,
        )
    assert done.returncode == 2
    assert done.stderr.startswith(f"service: PORT: cannot listen on 127.0.0.1:{port}: ")
