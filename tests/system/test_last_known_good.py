"""Files and folders that go bad under a running server: no wrong answer, no outage, a report."""

import os
import shutil
import sys
import time
from collections.abc import Callable
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from benchmarks.harness.server import run_server as run_process
from edgemood import Artifact
from service.routing.policy import Policy
from tests.system.caller import Caller, wait_for
from tests.system.calls import metrics_of, samples

Serve = Callable[..., Any]
TYPO = Policy(version=9, split={"fp23": 90, "int8-statik": 10}, reference="fp23")
LIMIT_FILE_SIZE = (
    "import os, resource, sys;"
    "resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000));"
    "os.execv(sys.executable, [sys.executable, '-m', 'service'])"
)
"""Starts the service on what is a full disk to it: no file grows beyond 20 kB."""


def info(url: str, name: str) -> dict[str, Any]:
    found: dict[str, Any] = httpx.get(f"{url}/variants/{name}").json()
    return found


def value(url: str, name: str, labels: str = "") -> float | None:
    return samples(metrics_of(url), name).get(labels)


@contextmanager
def called(url: str) -> Any:
    """Calls in the background, all of which must be answered, and rightly."""
    caller = Caller(url)
    with caller.calling():
        yield
    assert caller.statuses == {200}
    assert caller.labels == {"joy"}
    assert caller.lost == 0


def test_variant_files_that_go_bad(
    serve: Serve, variants: Path, artifact: Artifact, tmp_path: Path
) -> None:
    served = variants / "fp32.safetensors"
    store = tmp_path / "store.safetensors"
    shutil.copy(variants / "int8-static.safetensors", store)
    (variants / "linked.safetensors").symlink_to(store)
    changed = artifact.with_manifest(name="fp32", thresholds=(0.4, 0.5, 0.6)).to_bytes()
    with serve(EMOTION_WORKERS="1") as server, called(server.url):
        first = info(server.url, "fp32")["sha256"]
        with served.open("wb") as file:  # as `cp` does, interrupted for a while
            file.write(changed[: len(changed) // 2])
            file.flush()
            wait_for(lambda: info(server.url, "fp32")["problem"] is not None)
            during = info(server.url, "fp32")
            assert (during["state"], during["sha256"]) == ("loaded", first)
            assert during["problem"].startswith("the file on disk is not used: ")
            assert value(server.url, "emotion_variant_stale", '{variant="fp32"}') == 1
            file.write(changed[len(changed) // 2 :])
        wait_for(lambda: info(server.url, "fp32")["sha256"] != first)
        assert value(server.url, "emotion_variant_stale", '{variant="fp32"}') == 0

        linked = info(server.url, "linked")["sha256"]
        (tmp_path / "new").write_bytes(changed)
        (tmp_path / "new").replace(store)  # neither the folder nor the link changes
        wait_for(lambda: info(server.url, "linked")["sha256"] != linked)

        os.mkfifo(variants / "pipe.safetensors")
        (variants / "device.safetensors").symlink_to("/dev/zero")
        wait_for(lambda: len(httpx.get(f"{server.url}/variants").json()["variants"]) == 7)
        for name in ("pipe", "device"):
            assert info(server.url, name)["state"] == "failed"

        variants.rename(tmp_path / "elsewhere")
        wait_for(lambda: value(server.url, "emotion_variants_folder_up") == 0)
        time.sleep(0.3)
        (tmp_path / "elsewhere").rename(variants)
        wait_for(lambda: value(server.url, "emotion_variants_folder_up") == 1)
    log = server.log.read_text()
    assert log.count("the variants folder has no variant files") == 1
    assert "variant fp32 keeps its last good file" in log
    assert "Traceback" not in log


def test_policies_that_go_bad(serve: Serve, variants: Path, tmp_path: Path) -> None:
    state = tmp_path / "state"
    good = Policy(version=3, split={"int8-static": 1}, reference="fp32")
    state.mkdir()
    policy, new = state / "routing.json", state / "new"
    policy.write_bytes(good.as_json())
    with serve(EMOTION_WORKERS="1") as server, called(server.url):

        def stays() -> None:
            wait_for(lambda: value(server.url, "emotion_policy_stale") == 1)
            assert httpx.get(f"{server.url}/routing").json()["version"] == 3
            answer = httpx.post(f"{server.url}/classify", json={"text": "happy"})
            assert answer.headers["x-variant"] == "int8-static"

        def put(content: bytes) -> None:
            new.write_bytes(content)
            new.replace(policy)

        put(TYPO.as_json())
        stays()
        put(b"{")
        stays()
        policy.unlink()
        os.mkfifo(policy)
        stays()
        put(good.as_json())
        wait_for(lambda: value(server.url, "emotion_policy_stale") == 0)
        state.rename(tmp_path / "elsewhere")
        stays()
        rejected = samples(metrics_of(server.url), "emotion_policy_rejected_total")
        assert rejected == {'{reason="invalid"}': 3, '{reason="unresolvable"}': 1}
    state.mkdir()
    policy.write_bytes(TYPO.as_json())
    with serve(EMOTION_WORKERS="1") as server:  # a restart keeps the last good policy
        stale = samples(metrics_of(server.url), "emotion_policy_stale")
        assert (httpx.get(f"{server.url}/routing").json()["version"], stale) == (3, {"": 1})


def test_metrics_files_that_go_bad(serve: Serve, tmp_path: Path) -> None:
    home = tmp_path / "bentoml"

    def answered(url: str) -> float:
        found = samples(metrics_of(url), "emotion_requests_total")
        return sum(count for labels, count in found.items() if 'outcome="ok"' in labels)

    with (
        serve(EMOTION_WORKERS="2") as server,
        serve(EMOTION_WORKERS="2", BENTOML_HOME=str(home)) as neighbour,
    ):
        for _ in range(20):
            httpx.post(f"{server.url}/classify", json={"text": "happy"})
        assert (answered(server.url), answered(neighbour.url)) == (20, 0)
        folders = list(home.glob("metrics-*"))
        assert len(folders) == 2  # servers that share a home share no counters
        with called(neighbour.url):
            for folder in folders:
                (folder / "worker-x.metrics").touch()
                for path in folder.iterdir():
                    os.truncate(path, path.stat().st_size // 2)
            time.sleep(0.1)
            assert httpx.get(f"{server.url}/metrics").status_code == 200
            wait_for(lambda: answered(server.url) == 20)
            shutil.rmtree(home)
            wait_for(lambda: answered(server.url) == 20)
        wait_for(lambda: answered(server.url) == 20)
        assert answered(neighbour.url) > 0
    assert "worker-x.metrics is left out of /metrics" in server.log.read_text()


def test_a_full_disk_costs_metrics_alone(variants: Path, tmp_path: Path) -> None:
    own = {"EMOTION_VARIANTS": str(variants), "EMOTION_WORKERS": "2"}
    command = [sys.executable, "-c", LIMIT_FILE_SIZE]
    with run_process(command, tmp_path, environment=own) as server, called(server.url):
        for _ in range(20):
            assert httpx.get(f"{server.url}/metrics").status_code == 200
        wait_for(lambda: bool(value(server.url, "emotion_metrics_file_errors_total")))
    assert "the metrics of this worker are not shared: File too large" in server.log.read_text()


@pytest.mark.parametrize("mode", [0o777, 0o770])
def test_a_home_that_others_can_write_to_stops_the_start(
    serve: Serve, tmp_path: Path, mode: int
) -> None:
    (tmp_path / "bentoml").mkdir()
    (tmp_path / "bentoml").chmod(mode)
    with pytest.raises(Exception, match=r"BENTOML_HOME: .*: other users can write to it"), serve():
        pass
