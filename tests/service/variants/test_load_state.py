"""The list of unloaded variants, shared by all workers through one file."""

import json
import multiprocessing
from pathlib import Path

import pytest

from service.state import watched_file
from service.variants.load_state import FILE_NAME, LoadState
from tests.service.state.files import settle


def test_everything_is_loaded_while_no_file_exists(tmp_path: Path) -> None:
    assert LoadState(tmp_path / "state").unloaded() == frozenset()
    assert not (tmp_path / "state").exists()


def test_unload_and_load(tmp_path: Path) -> None:
    state = LoadState(tmp_path / "state")
    state.unload("b")
    state.unload("a")
    assert state.unloaded() == {"a", "b"}
    stored = json.loads((tmp_path / "state" / FILE_NAME).read_bytes())
    assert stored == {"unloaded": ["a", "b"]}
    state.load("b")
    assert state.unloaded() == {"a"}


def test_another_worker_and_a_restart_see_the_change(tmp_path: Path) -> None:
    one, other = LoadState(tmp_path), LoadState(tmp_path)
    assert other.unloaded() == frozenset()
    one.unload("a")
    assert other.unloaded() == {"a"}
    assert LoadState(tmp_path).unloaded() == {"a"}


def test_a_change_without_effect_writes_nothing(tmp_path: Path) -> None:
    state = LoadState(tmp_path)
    state.load("a")
    assert not (tmp_path / FILE_NAME).exists()


def test_an_unchanged_file_is_not_read_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    state = LoadState(tmp_path)
    state.unload("a")
    settle(tmp_path / FILE_NAME)
    state.unloaded()
    monkeypatch.setattr(watched_file, "read_small_file", None)
    assert state.unloaded() == {"a"}


@pytest.mark.parametrize("content", ["junk", '{"unloaded": 3}', '{"loaded": []}', ""])
def test_a_damaged_file_changes_nothing(
    content: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    state = LoadState(tmp_path)
    state.unload("a")
    (tmp_path / FILE_NAME).write_text(content)
    assert state.unloaded() == {"a"}
    assert state.unloaded() == {"a"}
    assert caplog.text.count(FILE_NAME) == 1
    state.unload("b")
    assert LoadState(tmp_path).unloaded() == {"a", "b"}


@pytest.mark.usefixtures("removed_at_once")
def test_a_removed_file_loads_everything(tmp_path: Path) -> None:
    state = LoadState(tmp_path)
    state.unload("a")
    (tmp_path / FILE_NAME).unlink()
    assert state.unloaded() == frozenset()


def unload_all(folder: Path, names: list[str]) -> None:
    state = LoadState(folder)
    for name in names:
        state.unload(name)


def test_concurrent_changes_are_all_kept(tmp_path: Path) -> None:
    names = [[f"{worker}-{i}" for i in range(10)] for worker in range(4)]
    fork = multiprocessing.get_context("fork")
    workers = [fork.Process(target=unload_all, args=(tmp_path, own)) for own in names]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
        assert worker.exitcode == 0
    assert LoadState(tmp_path).unloaded() == {name for own in names for name in own}
