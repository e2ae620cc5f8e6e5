import fcntl
import json
import multiprocessing
from pathlib import Path

import pytest

from service.errors import InvalidFieldError, StalePolicyError, UnavailableError
from service.routing.policy import Policy, PolicyChange
from service.routing.policy_store import FILE_NAME
from service.state import lock, watched_file
from tests.service.routing.policies import DEFAULT, Seen, change, open_policy
from tests.service.state.files import settle


def test_without_a_file_the_default_is_in_force_and_nothing_is_written(tmp_path: Path) -> None:
    assert open_policy(tmp_path / "state").current() == DEFAULT
    assert not (tmp_path / "state").exists()


def test_versions_count_up_and_another_worker_sees_them_at_once(tmp_path: Path) -> None:
    seen = Seen()
    writer, reader = open_policy(tmp_path), open_policy(tmp_path, seen)
    assert writer.replace(change(), expected=None).version == 1
    assert reader.current().split == {"a": 1, "b": 1}
    assert writer.replace(change(9), expected=1).version == 2
    assert reader.current().version == 2
    assert open_policy(tmp_path).current().version == 2
    assert seen.changes == [0, 1, 2]


def test_a_stale_version_is_refused_and_changes_nothing(tmp_path: Path) -> None:
    policy = open_policy(tmp_path)
    policy.replace(change(), expected=0)
    with pytest.raises(StalePolicyError, match="version 1"):
        policy.replace(change(9), expected=0)
    assert policy.current().split == {"a": 1, "b": 1}


@pytest.mark.parametrize(
    ("new", "field"),
    [
        (PolicyChange(split={"a": 1, "z": 1}, reference="a"), r"split\.z"),
        (PolicyChange(split={"a": 1}, reference="z"), "reference"),
    ],
)
def test_unknown_names_are_refused(tmp_path: Path, new: PolicyChange, field: str) -> None:
    with pytest.raises(InvalidFieldError, match=rf"{field}: no variant .* there are: a, b"):
        open_policy(tmp_path).replace(new, expected=None)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "content",
    [
        "",
        "{",
        '{"version": 3, "split": {"a": -1}, "reference": "a"}',
        '{"version": 3, "split": {"a": 0}, "reference": "a"}',
    ],
)
def test_the_last_valid_policy_stays_in_force_while_the_file_is_invalid(
    tmp_path: Path, content: str
) -> None:
    seen = Seen()
    policy = open_policy(tmp_path, seen)
    good = policy.replace(change(), expected=None)
    (tmp_path / FILE_NAME).write_text(content)
    assert policy.current() == good
    assert policy.current() == good
    assert seen.rejected == ["invalid"]
    after = max(good.version, 3 if "version" in content else 0) + 1
    assert policy.replace(change(5), expected=good.version).version == after


def test_an_invalid_file_at_the_start_leaves_the_default(tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).write_text("nonsense")
    assert open_policy(tmp_path).current() == DEFAULT


@pytest.mark.usefixtures("removed_at_once")
def test_files_replaced_from_outside_are_seen(tmp_path: Path) -> None:
    policy = open_policy(tmp_path)
    for version in (7, 8):  # as a ConfigMap does: a new file under the old name
        new = tmp_path / "new"
        stored = {"version": version, "split": {"b": 1}, "reference": "a"}
        new.write_text(json.dumps(stored))
        new.replace(tmp_path / FILE_NAME)
        assert policy.current().version == version
    (tmp_path / FILE_NAME).unlink()
    assert policy.current() == DEFAULT


def test_a_worker_that_starts_late_announces_the_policy_of_the_file(tmp_path: Path) -> None:
    open_policy(tmp_path).replace(change(), expected=None)
    seen = Seen()
    open_policy(tmp_path, seen).current()
    assert seen.changes == [1]


def test_an_unchanged_file_is_not_read_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    policy = open_policy(tmp_path)
    policy.replace(change(), expected=None)
    settle(tmp_path / FILE_NAME)
    policy.current()
    monkeypatch.setattr(watched_file, "read_small_file", None)
    assert policy.current().version == 1


def write_many(folder: Path, count: int) -> None:
    policy = open_policy(folder)
    for _ in range(count):
        policy.replace(change(), expected=None)


def test_concurrent_writers_lose_no_version_and_readers_see_no_torn_file(tmp_path: Path) -> None:
    spawn = multiprocessing.get_context("fork")
    writers = [spawn.Process(target=write_many, args=(tmp_path, 25)) for _ in range(4)]
    seen = Seen()
    reader = open_policy(tmp_path, seen)
    for writer in writers:
        writer.start()
    while any(writer.is_alive() for writer in writers):
        reader.current()
    for writer in writers:
        writer.join()
        assert writer.exitcode == 0
    assert reader.current().version == 100
    assert seen.rejected == []
    assert seen.changes == sorted(seen.changes)
    assert not list(tmp_path.glob("*.part"))


def test_a_held_lock_is_an_error_after_the_timeout(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lock, "LOCK_TIMEOUT_S", 0.05)
    policy = open_policy(tmp_path)
    with (tmp_path / ".routing.lock").open("a") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        with pytest.raises(UnavailableError, match="someone else"):
            policy.replace(change(), expected=None)
    assert policy.replace(change(), expected=None).version == 1


def test_an_unreadable_file_is_not_treated_as_missing(tmp_path: Path) -> None:
    seen = Seen()
    policy = open_policy(tmp_path, seen)
    good = policy.replace(change(), expected=None)
    (tmp_path / FILE_NAME).unlink()
    (tmp_path / FILE_NAME).symlink_to(FILE_NAME)
    assert policy.current() == good
    assert seen.rejected == ["invalid"]


@pytest.mark.usefixtures("removed_at_once")
def test_versions_continue_after_the_file_was_deleted(tmp_path: Path) -> None:
    policy = open_policy(tmp_path)
    policy.replace(change(), expected=None)
    policy.replace(change(), expected=None)
    (tmp_path / FILE_NAME).unlink()
    assert policy.current() == DEFAULT
    assert policy.replace(change(), expected=0).version == 3


@pytest.mark.parametrize("version", ["true", '"8"', "1" * 400, "-1"])
def test_an_invalid_version_leaves_the_default(tmp_path: Path, version: str) -> None:
    stored = f'{{"version": {version}, "split": {{"a": 1}}, "reference": "a"}}'
    (tmp_path / FILE_NAME).write_text(stored)
    assert open_policy(tmp_path).current() == DEFAULT


def test_a_file_may_name_unknown_variants(tmp_path: Path) -> None:
    """All workers read the same policy, even those that have not found the variant yet."""
    seen = Seen()
    policy = open_policy(tmp_path, seen)
    early = Policy(version=4, split={"c": 1}, reference="d")
    (tmp_path / FILE_NAME).write_text(early.model_dump_json())
    assert policy.current() == open_policy(tmp_path).current() == early
    assert seen.rejected == []
