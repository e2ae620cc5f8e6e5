"""Admin operations keep the policy's reference loaded, even with several workers."""

import multiprocessing
from collections.abc import Callable
from multiprocessing.synchronize import Barrier
from pathlib import Path

import pytest

from service.administration import Administration
from service.errors import (
    InUseError,
    InvalidFieldError,
    NotLoadedError,
    ServiceError,
    StalePolicyError,
    UnavailableError,
    UnknownVariantError,
)
from service.routing.policy import Policy, PolicyChange
from service.routing.policy_store import PolicyStore
from service.state import lock
from service.state.lock import file_lock
from service.variants.load_state import LoadState
from service.variants.repository import VariantRepository

FORK = multiprocessing.get_context("fork")
ROUNDS = 15


class Worker:
    """The parts of one worker process, without HTTP."""

    def __init__(self, variants: Path, state: Path) -> None:
        self.load_state = LoadState(state)
        self.repository = VariantRepository(variants, load_state=self.load_state)
        self.policy = PolicyStore(
            state,
            default=lambda: Policy(version=0, split={"fp32": 1}, reference="fp32"),
            known=lambda: self.repository.names,
        )
        self.administration = Administration(
            state, repository=self.repository, load_state=self.load_state, policy=self.policy
        )

    def reference_is_loaded(self) -> bool:
        return self.policy.current().reference not in self.load_state.unloaded()


@pytest.fixture
def worker(variants: Path, tmp_path: Path) -> Worker:
    return Worker(variants, tmp_path / "state")


def change(reference: str, **split: float) -> PolicyChange:
    return PolicyChange(split=split or {"fp32": 1}, reference=reference)


def test_unload_and_load_again(worker: Worker) -> None:
    assert worker.administration.unload("int8-static").state == "unloaded"
    assert worker.repository.find("int8-static").state == "unloaded"
    assert worker.administration.load("int8-static").state == "loaded"


def test_the_reference_is_not_unloaded(worker: Worker) -> None:
    with pytest.raises(InUseError):
        worker.administration.unload("fp32")
    worker.administration.replace_policy(change("int8-static"), expected=0)
    assert worker.administration.unload("fp32").state == "unloaded"
    with pytest.raises(InUseError):
        worker.administration.unload("int8-static")


@pytest.mark.parametrize("name", ["int8-static", "broken"])
def test_an_unloaded_or_failed_variant_does_not_become_the_reference(
    worker: Worker, name: str
) -> None:
    worker.administration.unload("int8-static")
    with pytest.raises(NotLoadedError, match=name):
        worker.administration.replace_policy(change(name), expected=None)
    assert worker.policy.current().version == 0


@pytest.mark.parametrize(
    ("operate", "error"),
    [
        (lambda a: a.load("nope"), UnknownVariantError),
        (lambda a: a.unload("nope"), UnknownVariantError),
        (lambda a: a.unload("fp32"), InUseError),
        (lambda a: a.replace_policy(change("nope"), expected=None), InvalidFieldError),
        (lambda a: a.replace_policy(change("fp32", nope=1), expected=None), InvalidFieldError),
        (lambda a: a.replace_policy(change("broken"), expected=None), NotLoadedError),
    ],
)
def test_a_refused_operation_creates_nothing(
    worker: Worker,
    tmp_path: Path,
    operate: Callable[[Administration], object],
    error: type[ServiceError],
) -> None:
    with pytest.raises(error):
        operate(worker.administration)
    assert not (tmp_path / "state").exists()


def test_a_stale_version_is_refused(worker: Worker) -> None:
    worker.administration.replace_policy(change("fp32"), expected=0)
    with pytest.raises(StalePolicyError):
        worker.administration.replace_policy(change("int8-static"), expected=0)


def test_a_file_that_cannot_be_used_is_not_loaded(worker: Worker) -> None:
    with pytest.raises(UnavailableError) as error:
        worker.administration.load("broken")
    assert error.value.message == "it cannot be loaded: container: not a safetensors file"


@pytest.mark.parametrize(
    "operate",
    [
        lambda a: a.load("int8-static"),
        lambda a: a.unload("int8-static"),
        lambda a: a.replace_policy(change("fp32"), expected=None),
    ],
)
def test_a_state_folder_that_cannot_be_written_is_named(
    worker: Worker, tmp_path: Path, operate: Callable[[Administration], object]
) -> None:
    (tmp_path / "state").write_text("a file in place of the folder")
    with pytest.raises(UnavailableError, match="EMOTION_STATE"):
        operate(worker.administration)


def test_both_operations_wait_for_one_lock(
    worker: Worker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    worker.administration.unload("int8-static")  # creates the folder
    monkeypatch.setattr(lock, "LOCK_TIMEOUT_S", 0.02)
    with file_lock(tmp_path / "state" / ".reference.lock"):
        with pytest.raises(UnavailableError):
            worker.administration.unload("int8-dynamic")
        with pytest.raises(UnavailableError):
            worker.administration.replace_policy(change("fp32"), expected=None)
    assert worker.load_state.unloaded() == {"int8-static"}
    assert worker.policy.current().version == 0


def test_a_policy_change_between_check_and_write_is_seen(
    worker: Worker, variants: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another worker names the variant as reference after the first check of `unload`."""
    other = Worker(variants, tmp_path / "state")
    original = worker.administration._check_exists

    def interrupted(name: str) -> None:
        original(name)
        other.administration.replace_policy(change("int8-static"), expected=None)

    monkeypatch.setattr(worker.administration, "_check_exists", interrupted)
    with pytest.raises(InUseError):
        worker.administration.unload("int8-static")
    assert worker.reference_is_loaded()


def test_an_unload_between_check_and_write_is_seen(
    worker: Worker, variants: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another worker unloads the future reference after the first check of `replace_policy`."""
    other = Worker(variants, tmp_path / "state")
    original = worker.policy.check_names

    def interrupted(new: PolicyChange) -> None:
        original(new)
        if other.repository.find("int8-static").state == "loaded":
            other.administration.unload("int8-static")

    monkeypatch.setattr(worker.policy, "check_names", interrupted)
    with pytest.raises(NotLoadedError):
        worker.administration.replace_policy(change("int8-static"), expected=None)
    assert worker.reference_is_loaded()


def _attempt(operate: Callable[[], object]) -> bool:
    try:
        operate()
    except (InUseError, NotLoadedError):
        return False
    return True


def _unload_then_load(variants: Path, state: Path, barrier: Barrier) -> None:
    worker = Worker(variants, state)
    for _ in range(ROUNDS):
        barrier.wait()
        _attempt(lambda: worker.administration.unload("int8-static"))
        barrier.wait()
        assert worker.reference_is_loaded()
        barrier.wait()
        worker.administration.load("int8-static")


def _point_then_restore(variants: Path, state: Path, barrier: Barrier) -> None:
    worker = Worker(variants, state)
    for _ in range(ROUNDS):
        barrier.wait()
        new = change("int8-static")
        _attempt(lambda new=new: worker.administration.replace_policy(new, expected=None))
        barrier.wait()
        assert worker.reference_is_loaded()
        barrier.wait()
        worker.administration.replace_policy(change("fp32"), expected=None)


def test_racing_processes_never_unload_the_reference(variants: Path, tmp_path: Path) -> None:
    """One process unloads a variant while another one makes it the reference, many times over."""
    state, barrier = tmp_path / "state", FORK.Barrier(2, timeout=60)
    processes = [
        FORK.Process(target=target, args=(variants, state, barrier))
        for target in (_unload_then_load, _point_then_restore)
    ]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
        assert process.exitcode == 0
