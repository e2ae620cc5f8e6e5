"""Requests see what is on disk, and the event loop reads no file."""

import asyncio
import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from edgemood import Artifact
from service.http import freshness
from service.observability import metrics
from service.routing.policy import Policy, PolicyChange
from service.state import watched_file
from service.variants import repository
from service.variants.loader import VariantLoader


@pytest.fixture
def readers(monkeypatch: pytest.MonkeyPatch) -> set[threading.Thread]:
    """The threads that read files."""
    found: set[threading.Thread] = set()

    def noted(original: Callable[..., Any]) -> Callable[..., Any]:
        def read(*arguments: Any, **options: Any) -> Any:
            found.add(threading.current_thread())
            return original(*arguments, **options)

        return read

    monkeypatch.setattr(watched_file, "read_small_file", noted(watched_file.read_small_file))
    monkeypatch.setattr(VariantLoader, "load", noted(VariantLoader.load))
    monkeypatch.setattr(os, "scandir", noted(os.scandir))
    return found


def write(state: Path, version: int, **split: float) -> None:
    state.mkdir(exist_ok=True)
    policy = Policy(version=version, split=split, reference="fp32")
    (state / "routing.json").write_bytes(policy.as_json())


def test_a_new_policy_is_used_by_the_next_request(
    call: Callable[..., httpx.Response], tmp_path: Path, readers: set[threading.Thread]
) -> None:
    for version, name in enumerate(("int8-static", "int8-dynamic"), 1):
        write(tmp_path / "state", version, **{name: 1})
        assert call("POST", "/classify", json={"text": "happy"}).json()["variant"] == name
    assert readers
    assert threading.main_thread() not in readers


@pytest.mark.usefixtures("removed_at_once")
def test_an_unloaded_variant_refuses_the_next_request(
    call: Callable[..., httpx.Response], tmp_path: Path, readers: set[threading.Thread]
) -> None:
    (tmp_path / "state").mkdir()
    (tmp_path / "state" / "variants.json").write_text('{"unloaded": ["int8-static"]}')
    body = {"text": "happy", "variant": "int8-static"}
    assert call("POST", "/classify", json=body).status_code == 503
    (tmp_path / "state" / "variants.json").unlink()
    assert call("POST", "/classify", json=body).status_code == 200
    assert threading.main_thread() not in readers


def test_a_variant_that_a_request_names_is_searched(
    call: Callable[..., httpx.Response],
    variants: Path,
    artifact: Artifact,
    readers: set[threading.Thread],
    assert_error: Callable[..., None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(repository, "_MIN_INTERVAL_S", 0.0)
    body = {"text": "happy", "variant": "found-later"}
    assert_error(call("POST", "/classify", json=body), 404, "unknown_variant")
    artifact.with_manifest(name="found-later").save(variants / "found-later.safetensors")
    assert call("POST", "/classify", json=body).json()["variant"] == "found-later"
    assert call("GET", "/variants").status_code == 200
    assert readers
    assert threading.main_thread() not in readers


@pytest.mark.usefixtures("removed_at_once")
def test_without_an_answering_variant_the_fault_is_the_services(
    call: Callable[..., httpx.Response],
    variants: Path,
    setup: Any,
    tmp_path: Path,
    assert_error: Callable[..., None],
) -> None:
    split = {"int8-static": 1, "gone": 1}
    setup.policy_store.replace(PolicyChange(split={"fp32": 1}, reference="fp32"), expected=None)
    write(tmp_path / "state", 2, **split)
    (variants / "fp32.safetensors").unlink()
    (variants / "int8-static.safetensors").unlink()
    before = metrics.UNANSWERED._value.get()
    for key in ("a", "b", "c", "d"):
        response = call("POST", "/classify", json={"text": "happy", "key": key})
        assert_error(response, 503, "no_variant_available")
    assert metrics.UNANSWERED._value.get() == before + 4


def test_one_request_reads_a_change_for_all(setup: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    reads, original = [], type(setup.services).refresh
    gate = threading.Event()

    def refresh(services: Any) -> None:
        reads.append(threading.current_thread().name)
        assert gate.wait(20)
        original(services)

    async def go() -> list[int]:
        async with setup.client() as client:
            sent = [asyncio.create_task(client.get("/routing")) for _ in range(20)]
            while setup.middleware._fresh_state._refresh._call._waiting < 20:
                await asyncio.sleep(0.002)
            gate.set()
            return [response.status_code for response in await asyncio.gather(*sent)]

    monkeypatch.setattr(freshness, "WAIT_S", 30)
    monkeypatch.setattr(type(setup.services), "has_changed", lambda _: True)
    monkeypatch.setattr(type(setup.services), "refresh", refresh)
    assert asyncio.run(go()) == [200] * 20
    assert set(reads) == {"files_0"}
    assert len(reads) <= 2  # requests that came during the first run share the second


def test_a_disk_that_hangs_delays_one_request_and_no_further_ones(
    setup: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    disk, looks = threading.Event(), []

    def refresh(_: Any) -> None:
        looks.append(disk.wait(30))

    async def go() -> list[int]:
        async with setup.client() as client:
            hanging = [(await client.get("/routing")).status_code for _ in range(5)]
            assert not looks
            disk.set()
            while not looks:
                await asyncio.sleep(0.001)
            again = [(await client.get("/routing")).status_code for _ in range(5)]
            return hanging + again

    monkeypatch.setattr(freshness, "WAIT_S", 0.2)
    monkeypatch.setattr(type(setup.services), "has_changed", lambda _: True)
    monkeypatch.setattr(type(setup.services), "refresh", refresh)
    assert asyncio.run(go()) == [200] * 10
    assert len(looks) >= 5  # requests look again


def test_a_look_that_fails_fails_no_request(
    setup: Any, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def refresh(_: Any) -> None:
        raise RuntimeError("no thread")

    async def go() -> list[int]:
        async with setup.client() as client:
            return [(await client.get("/routing")).status_code for _ in range(3)]

    monkeypatch.setattr(type(setup.services), "has_changed", lambda _: True)
    monkeypatch.setattr(type(setup.services), "refresh", refresh)
    assert asyncio.run(go()) == [200] * 3
    (record,) = [r for r in caplog.records if r.name == "service.http.freshness"]
    assert "RuntimeError" in record.getMessage()
