"""Several workers over real HTTP: they agree, add up their metrics, and are replaced."""

import os
import re
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx

from edgemood import Artifact
from service.routing.policy import Policy
from tests.system.caller import wait_for
from tests.system.calls import TOKEN, metrics_of, post_once, put_split, samples

KEYS = [f"user-{i}" for i in range(400)]
SPLIT = {"fp32": 90, "int8-static": 10}


def variant_of_keys(url: str) -> dict[str, str]:
    """The variant of each key, asked over many connections so that every worker takes part."""

    def ask(keys: list[str]) -> dict[str, str]:
        found = {}
        for key in keys:
            status, answer = post_once(f"{url}/classify", {"text": "happy", "key": key})
            assert status == 200
            found[key] = answer["variant"]
        return found

    with ThreadPoolExecutor(4) as pool:
        parts = pool.map(ask, [KEYS[i::4] for i in range(4)])
        return {key: variant for part in parts for key, variant in part.items()}


def test_workers_agree_over_a_restart_and_add_up_their_metrics(
    serve: Callable[..., object],
) -> None:
    with serve(EMOTION_WORKERS="3") as server:
        with server.client() as client:
            assert put_split(client, SPLIT).json()["version"] == 1
        first = variant_of_keys(server.url)
        counts = Counter(first.values())
        assert set(counts) == set(SPLIT)

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

        with server.client() as client:
            assert put_split(client, {"int8-dynamic": 1}).json()["version"] == 2
        # Every worker sees the change at once, unless the machine is too busy to read the file.
        wait_for(lambda: set(variant_of_keys(server.url).values()) == {"int8-dynamic"})
        with server.client() as client:
            put_split(client, SPLIT)

    with serve(EMOTION_WORKERS="3") as server:
        with server.client() as client:
            policy = Policy.model_validate(client.get("/routing").json())
        assert policy.version == 3
        assert variant_of_keys(server.url) == first
    assert first == {key: policy.assign(key) for key in KEYS}


def test_workers_follow_loads_unloads_and_new_files_and_accept_each_others_receipts(
    serve: Callable[..., object], variants: Path, artifact: Artifact
) -> None:
    def statuses(variant: str) -> set[int]:
        body = {"text": "happy", "variant": variant}
        return {post_once(f"{server.url}/classify", body)[0] for _ in range(40)}

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
            _, answer = post_once(f"{server.url}/classify", {"text": "happy"})
            feedback = {"receipt": answer["receipt"], "labels": ["joy"]}
            statuses_of_feedback.append(post_once(f"{server.url}/feedback", feedback)[0])
        assert statuses_of_feedback == [200] * 20
        found = samples(httpx.get(f"{server.url}/metrics").text, "emotion_feedback_total")
        assert found['{label="joy",result="tp",variant="fp32"}'] == 20


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

    with serve(EMOTION_WORKERS="2") as server, ThreadPoolExecutor(clients) as pool:
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
