"""Policy files that cannot be used: the last good policy stays in force."""

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from service.errors import UnavailableError
from service.routing import policy_store as policy_store_module
from service.routing.policy import Policy
from service.routing.policy_copy import VARIABLE, PolicyCopy
from service.routing.policy_store import FILE_NAME, PolicyStore
from service.state import watched_file
from service.state.small_file import FileReadError
from tests.service.routing.policies import DEFAULT, KNOWN, TYPO, Seen, change, open_policy


def test_a_policy_that_no_variant_can_answer_leaves_the_last_good_one(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    seen = Seen()
    policy = open_policy(tmp_path, seen)
    good = policy.replace(change(), expected=None)
    (tmp_path / FILE_NAME).write_bytes(TYPO.as_json())
    for _ in range(3):
        assert policy.current() == good
        policy.reconsider()
    assert seen.rejected == ["unresolvable"]
    assert policy.problem == "routing.json: no variant that it names can answer"
    assert caplog.text.count("is not used") == 1
    assert policy.replace(change(5), expected=good.version).version == TYPO.version + 1
    assert policy.problem is None


@pytest.mark.parametrize(
    ("split", "problem"),
    [
        ({"a\nb": -1}, "routing.json: split.a\\nb: Input should be greater than or equal to 0"),
        (
            dict.fromkeys(map(str, range(1000)), -1),
            "routing.json: 1,000 fields are unknown or wrong",
        ),
    ],
)
def test_what_is_wrong_with_a_policy_is_one_short_line(
    split: dict[str, int], problem: str, tmp_path: Path
) -> None:
    content = {"version": 1, "split": split, "reference": "a"}
    (tmp_path / FILE_NAME).write_text(json.dumps(content))
    assert open_policy(tmp_path).problem == problem


def test_a_policy_comes_into_force_once_a_variant_of_it_is_loaded(tmp_path: Path) -> None:
    seen, loaded = Seen(), {"a"}
    policy = open_policy(tmp_path, seen, loaded)
    (tmp_path / FILE_NAME).write_bytes(TYPO.as_json())
    assert policy.current() == DEFAULT
    loaded.add("bb")  # the reference and the larger share are still missing
    policy.reconsider()
    assert policy.current() == policy.in_force == TYPO
    assert policy.problem is None
    assert seen.changes == [0, 9]


def test_a_policy_in_force_stays_when_its_variants_go(tmp_path: Path) -> None:
    loaded = {"a", "b"}
    policy = open_policy(tmp_path, loaded=loaded)
    good = policy.replace(change(), expected=None)
    loaded.clear()
    policy.reconsider()
    assert policy.current() == good


def test_a_start_with_a_policy_that_cannot_be_used_takes_the_default(tmp_path: Path) -> None:
    seen = Seen()
    (tmp_path / FILE_NAME).write_bytes(TYPO.as_json())
    policy = open_policy(tmp_path, seen, {"a"})
    assert policy.in_force == DEFAULT
    assert seen.rejected == ["unresolvable"]


def test_the_default_follows_the_variants(tmp_path: Path) -> None:
    seen, default = Seen(), [DEFAULT]
    policy = PolicyStore(
        tmp_path,
        default=lambda: default[0],
        known=lambda: KNOWN,
        on_change=lambda changed: seen.changes.append(changed.reference),
    )
    default[0] = Policy(version=0, split={"b": 1}, reference="b")
    policy.reconsider()
    assert policy.in_force.reference == "b"
    assert seen.changes == ["a", "b"]


def fifo(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


def folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def huge(path: Path) -> None:
    with path.open("r+b") as file:
        file.truncate(2**40)


@pytest.mark.parametrize(
    ("damage", "problem"),
    [
        (fifo, "not a regular file"),
        (folder, "not a regular file"),
        (huge, "larger than 1,048,576 bytes"),
        (lambda path: path.write_bytes(b"[" * 500_000), "Invalid JSON"),
        (lambda path: path.write_bytes(b'{"salt":"\\ud800"}'), "Invalid JSON"),
        (lambda path: path.write_bytes(b"\xff\xfe"), "Invalid JSON"),
        (lambda path: shutil.rmtree(path.parent), "its folder vanished"),
        (lambda path: path.parent.rename(path.parent.with_name("x")), "its folder vanished"),
    ],
)
@pytest.mark.usefixtures("removed_at_once")
def test_a_hostile_file_or_a_vanished_folder_changes_nothing(
    tmp_path: Path, damage: Callable[[Path], object], problem: str
) -> None:
    seen, state = Seen(), tmp_path / "state"
    policy = open_policy(state, seen)
    good = policy.replace(change(), expected=None)
    damage(state / FILE_NAME)
    for _ in range(3):
        assert policy.current() == good
    assert seen.rejected == ["invalid"]
    assert problem in (policy.problem or "")


@pytest.mark.usefixtures("removed_at_once")
def test_an_empty_folder_in_the_place_of_the_old_one_is_no_removal(tmp_path: Path) -> None:
    """An unmounted volume leaves the folder that it was mounted on."""
    state = tmp_path / "state"
    policy = open_policy(state)
    good = policy.replace(change(), expected=None)
    state.rename(tmp_path / "moved")
    state.mkdir()
    assert policy.current() == good
    assert policy.replace(change(7), expected=good.version).version == 2


def test_a_file_that_could_not_be_read_is_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def too_many_files(*_: object, **__: object) -> bytes:
        raise FileReadError("Too many open files")

    policy, other = open_policy(tmp_path), open_policy(tmp_path)
    other.replace(change(), expected=None)
    with monkeypatch.context() as patch:
        patch.setattr(watched_file, "read_small_file", too_many_files)
        assert policy.current() == DEFAULT
    assert policy.current() == DEFAULT
    monkeypatch.setattr(policy._file._retry, "_due_at", 0.0)
    assert policy.current().version == 1


def test_a_reader_that_hangs_delays_no_request_for_long(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    policy = open_policy(tmp_path)
    open_policy(tmp_path).replace(change(), expected=None)
    monkeypatch.setattr(policy_store_module, "WAIT_S", 0.01)
    monkeypatch.setattr(policy_store_module, "LOCK_TIMEOUT_S", 0.01)
    with policy._loading:
        assert policy.has_changed()
        assert policy.current() == DEFAULT
        with pytest.raises(UnavailableError, match="still being read"):
            policy.replace(change(), expected=None)
    assert policy.current().version == 1


def test_a_file_that_is_removed_and_written_again_changes_nothing_in_between(
    tmp_path: Path,
) -> None:
    seen = Seen()
    policy = open_policy(tmp_path, seen)
    good = policy.replace(change(), expected=None)
    (tmp_path / FILE_NAME).unlink()
    assert policy.current() == good
    (tmp_path / FILE_NAME).write_bytes(TYPO.as_json())
    assert policy.current() == good
    assert seen.changes == [0, 1]


@pytest.mark.parametrize("content", [b"{", TYPO.as_json()])
def test_a_start_with_a_bad_file_takes_the_last_good_policy(tmp_path: Path, content: bytes) -> None:
    state, copy = tmp_path / "state", tmp_path / "copy"
    good = open_policy(state, copy=copy).replace(change(), expected=None)
    (state / FILE_NAME).write_bytes(content)
    seen = Seen()
    restarted = open_policy(state, seen, "ab", copy=copy)
    assert restarted.in_force == good
    assert restarted.problem is not None
    assert seen.changes == [good.version]
    assert restarted.replace(change(7), expected=good.version).split["a"] == 7


@pytest.mark.usefixtures("removed_at_once")
def test_a_removed_policy_is_not_restored(tmp_path: Path) -> None:
    state, copy = tmp_path / "state", tmp_path / "copy"
    policy = open_policy(state, copy=copy)
    for _ in range(2):
        policy.replace(change(), expected=None)
        assert copy.exists()
        (state / FILE_NAME).unlink()
        assert policy.current() == DEFAULT
        assert not copy.exists()
    policy.replace(change(), expected=None)
    (state / FILE_NAME).unlink()  # while no worker runs
    assert open_policy(state, copy=copy).in_force == DEFAULT
    assert not copy.exists()


def test_a_damaged_copy_is_not_used(tmp_path: Path) -> None:
    (tmp_path / "copy").write_bytes(b"{")
    (tmp_path / FILE_NAME).write_bytes(b"{")
    assert open_policy(tmp_path, copy=tmp_path / "copy").in_force == DEFAULT


def test_a_copy_that_cannot_be_written_is_done_without(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    policy = open_policy(tmp_path / "state", copy=tmp_path / "missing" / "copy")
    assert policy.replace(change(), expected=None) == policy.in_force
    assert "no copy of the routing policy is kept" in caplog.text


def test_copies_of_two_state_folders_differ(tmp_path: Path) -> None:
    environment = {VARIABLE: str(tmp_path)}
    one, other = (PolicyCopy.of_state(Path(name), environment) for name in ("a", "b"))
    one.write(TYPO)
    assert (one.read(), other.read()) == (TYPO, None)
    assert PolicyCopy.of_state(Path("a"), {}).read() is None
