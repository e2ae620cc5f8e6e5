"""The whole service over real HTTP: several workers, restarts, overload and its log."""

import contextlib
import http.client
import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import numpy as np
import pytest

from edgemood import Artifact
from edgemood.encodings import Dense
from edgemood.text.vocabulary import PlainVocabulary
from service.routing.policy import Policy

ROOT = Path(__file__).parents[2]
TOKEN = "correct horse battery staple"
KEYS = [f"user-{i}" for i in range(1000)]
SPLIT = {"fp32": 90, "int8-static": 10}


def put_split(client: httpx.Client, split: dict[str, float]) -> httpx.Response:
    return client.put(
        "/routing",
        json={"split": split, "reference": "fp32"},
        headers={"Authorization": f"Bearer {TOKEN}"},
    )


def variant_of_keys(url: str) -> dict[str, str]:
    """The variant of each key, asked over many connections so that every worker takes part."""

    def ask(keys: list[str]) -> dict[str, str]:
        found = {}
        for key in keys:  # a new connection for each key may reach another worker
            connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=30)
            body = json.dumps({"text": "happy", "key": key})
            connection.request("POST", "/classify", body, {"Content-Type": "application/json"})
            response = connection.getresponse()
            assert response.status == 200
            found[key] = json.loads(response.read())["variant"]
            connection.close()
        return found

    with ThreadPoolExecutor(4) as pool:
        parts = pool.map(ask, [KEYS[i::4] for i in range(4)])
        return {key: variant for part in parts for key, variant in part.items()}


def metrics_of(url: str) -> str:
    return httpx.get(f"{url}/metrics").text


def samples(text: str, name: str) -> dict[str, float]:
    pattern = re.compile(rf"^{name}(\{{[^}}]*\}})? (\S+)$", re.MULTILINE)
    return {labels: float(value) for labels, value in pattern.findall(text)}


def test_four_workers_agree_over_a_restart_and_add_up_their_metrics(
    serve: Callable[..., object],
) -> None:
    with serve(EMOTION_WORKERS="4") as server:
        with server.client() as client:
            assert put_split(client, SPLIT).json()["version"] == 1
        first = variant_of_keys(server.url)
        counts = Counter(first.values())
        assert counts["fp32"] / len(KEYS) == pytest.approx(0.9, abs=0.02)

        text = httpx.get(f"{server.url}/metrics").text
        answered = {
            re.search('variant="([^"]*)"', labels)[1]: value
            for labels, value in samples(text, "emotion_requests_total").items()
            if 'outcome="ok"' in labels and 'assignment="split"' in labels and value
        }
        assert answered == counts
        durations = samples(text, "emotion_request_duration_seconds_count")
        assert sum(durations.values()) == len(KEYS)
        workers = samples(text, "emotion_process_resident_bytes")
        assert len(workers) > 1, "only one worker got requests"
        ratios = samples(text, "emotion_split_ratio")
        assert ratios['{variant="fp32"}'] == 0.9
        assert ratios['{variant="int8-static"}'] == 0.1

        with server.client() as client:  # a change is seen by every worker at once
            assert put_split(client, {"int8-dynamic": 1}).json()["version"] == 2
        assert set(variant_of_keys(server.url).values()) == {"int8-dynamic"}
        with server.client() as client:
            put_split(client, SPLIT)

    with serve(EMOTION_WORKERS="4") as server:
        with server.client() as client:
            policy = Policy.model_validate(client.get("/routing").json())
        assert policy.version == 3
        assert variant_of_keys(server.url) == first
    assert first == {key: policy.assign(key) for key in KEYS}


def test_workers_follow_loads_unloads_and_new_files_and_accept_each_others_receipts(
    serve: Callable[..., object], variants: Path, artifact: Artifact
) -> None:
    def statuses(variant: str) -> set[int]:
        found = set()
        for _ in range(40):  # each over a connection of its own
            body = {"text": "happy", "variant": variant}
            found.add(httpx.post(f"{server.url}/classify", json=body).status_code)
        return found

    def resident() -> float:
        text = httpx.get(f"{server.url}/metrics").text
        found = samples(text, "emotion_variant_resident_bytes")
        return sum(held for labels, held in found.items() if 'variant="int8-static"' in labels)

    admin = {"Authorization": f"Bearer {TOKEN}"}
    with serve(EMOTION_WORKERS="3") as server:
        assert statuses("int8-static") == {200}
        assert resident() > 0
        path = f"{server.url}/variants/int8-static"
        assert httpx.post(f"{path}/unload", headers=admin).json()["state"] == "unloaded"
        assert statuses("int8-static") == {503}
        deadline = time.monotonic() + 10  # workers without requests follow within a second
        while resident() > 0 and time.monotonic() < deadline:
            time.sleep(0.1)
        assert resident() == 0
        assert httpx.post(f"{path}/load", headers=admin).json()["state"] == "loaded"
        assert statuses("int8-static") == {200}

        assert statuses("late") == {404}
        artifact.with_manifest(name="late").save(variants / "late.safetensors")
        assert statuses("late") == {200}

        statuses_of_feedback = []
        for _ in range(20):
            response = httpx.post(f"{server.url}/classify", json={"text": "happy"}).json()
            feedback = {"receipt": response["receipt"], "labels": ["joy"]}
            sent = httpx.post(f"{server.url}/feedback", json=feedback)
            statuses_of_feedback.append(sent.status_code)
        assert statuses_of_feedback == [200] * 20
        found = samples(httpx.get(f"{server.url}/metrics").text, "emotion_feedback_total")
        assert found['{label="joy",result="tp",variant="fp32"}'] == 20


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
    first, *entries = log.splitlines()
    assert first.startswith("serving ")
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


def test_a_killed_worker_disappears_from_the_metrics(serve: Callable[..., object]) -> None:
    def workers(url: str) -> set[str]:
        text = httpx.get(f"{url}/metrics").text
        return set(samples(text, "emotion_process_resident_bytes"))

    with serve(EMOTION_WORKERS="1") as server:
        (before,) = workers(server.url)
        os.kill(int(re.search(r'pid="(\d+)"', before)[1]), signal.SIGKILL)
        deadline = time.monotonic() + 30
        after = {before}
        while before in after and time.monotonic() < deadline:
            time.sleep(0.1)
            with contextlib.suppress(httpx.TransportError):
                after = workers(server.url)
        assert len(after) == 1
        assert before not in after


def test_a_worker_killed_under_load_loses_only_its_requests_in_flight(
    serve: Callable[..., object],
) -> None:
    clients, stop = 8, threading.Event()

    def load(url: str) -> tuple[int, int, set[int]]:
        good, lost, statuses = 0, 0, set()
        with httpx.Client(base_url=url, timeout=30) as client:
            while not stop.is_set():
                try:
                    response = client.post("/classify", json={"text": "happy"})
                except httpx.TransportError:
                    lost += 1
                else:
                    good += response.status_code == 200
                    statuses.add(response.status_code)
        return good, lost, statuses

    with serve(EMOTION_WORKERS="4") as server, ThreadPoolExecutor(clients) as pool:
        with server.client() as client:
            assert put_split(client, SPLIT).json()["version"] == 1
        running = [pool.submit(load, server.url) for _ in range(clients)]
        time.sleep(1)
        pids = re.findall(r'emotion_process_resident_bytes{pid="(\d+)"}', metrics_of(server.url))
        os.kill(int(pids[0]), signal.SIGKILL)
        time.sleep(2)
        stop.set()
        found = [future.result() for future in running]
        good, lost = sum(f[0] for f in found), sum(f[1] for f in found)
        assert set().union(*(f[2] for f in found)) == {200}
        assert lost <= clients
        counted = samples(metrics_of(server.url), "emotion_requests_total")
        answered = sum(v for labels, v in counted.items() if 'outcome="ok"' in labels)
        # Every answered request is counted, also those of the dead worker; lost ones may be.
        assert good <= answered <= good + lost
        with server.client() as client:
            assert client.get("/routing").json()["version"] == 1


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
        time.sleep(1.1)  # the gauge may be a second old
        text = metrics_of(url)
        (process,) = samples(text, "emotion_process_resident_bytes").values()
        parts = samples(text, "emotion_variant_resident_bytes")
        return process, sum(held for labels, held in parts.items() if 'variant="large"' in labels)

    with serve(EMOTION_WORKERS="1") as server, server.client() as client:
        before, held = resident(server.url)
        admin = {"Authorization": f"Bearer {TOKEN}"}
        assert client.post("/variants/large/unload", headers=admin).status_code == 200
        after, nothing = resident(server.url)
        assert held > 20e6
        assert nothing == 0
        assert before - after > 0.8 * held
        assert client.post("/variants/large/load", headers=admin).status_code == 200
        assert client.post("/classify", json={"text": "w7", "variant": "large"}).status_code == 200


def test_a_stopping_server_answers_the_requests_it_has_accepted(
    run_server: Callable[..., object], tmp_path: Path
) -> None:
    # A third of a second each with the shipped GRU, one after the other: none is done too soon.
    body = {"texts": ["happy " * 1600] * 100, "variant": "fp32"}
    with run_server(tmp_path, EMOTION_WORKERS="1") as server, ThreadPoolExecutor(6) as pool:
        sent = [
            pool.submit(httpx.post, f"{server.url}/classify", json=body, timeout=30)
            for _ in range(6)
        ]
        time.sleep(0.3)
        assert not all(response.done() for response in sent)
        server.process.send_signal(signal.SIGTERM)
        assert [response.result().status_code for response in sent] == [200] * 6
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
