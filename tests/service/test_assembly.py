"""The metrics that a worker publishes at its start and after changes of the folders."""

from collections.abc import Callable
from pathlib import Path

import pytest

from edgemood import Artifact
from service import assembly
from service.assembly import Worker
from service.observability import metrics
from service.routing.policy import Policy, ShadowSettings
from service.settings import Settings
from service.variants import repository


@pytest.fixture
def worker(variants: Path, tmp_path: Path) -> Worker:
    return Worker(Settings(variants=variants, state=tmp_path / "state"))


def share(name: str) -> float:
    return metrics.SPLIT.labels(name)._value.get()


def test_the_default_policy_is_published(worker: Worker) -> None:
    assert worker.policy_store.current().version == 0
    assert (share("fp32"), share("int8-static")) == (1.0, 0.0)


def test_a_new_policy_is_published_with_the_series_of_its_shadow(
    worker: Worker, tmp_path: Path, count: Callable[..., float]
) -> None:
    shadow = ShadowSettings(variant="int8-dynamic", fraction=0.5)
    policy = Policy(version=3, split={"fp32": 1, "int8-static": 3}, reference="fp32", shadow=shadow)
    (tmp_path / "state").mkdir()
    (tmp_path / "state" / "routing.json").write_bytes(policy.as_json())
    worker.services.refresh()
    assert (share("fp32"), share("int8-static")) == (0.25, 0.75)
    agreed = count("SHADOW", variant="int8-static", shadow="int8-dynamic", result="agree")
    assert agreed == 0


def test_a_watching_worker_follows_the_folders_without_requests(
    worker: Worker, variants: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks = iter((None, RuntimeError("once"), None))
    seen = []

    class Ended(BaseException):
        """Ends the thread's loop."""

    def refresh() -> None:
        found = next(looks)
        seen.append(found)
        if found is not None:
            raise found

    def sleep(_: float) -> None:
        if len(seen) == 3:
            raise Ended

    monkeypatch.setattr(worker, "look", refresh)
    monkeypatch.setattr(assembly.time, "sleep", sleep)
    with pytest.raises(Ended):
        worker._watch()
    assert len(seen) == 3  # the loop continues after a failure


def write(state: Path, policy: Policy) -> None:
    state.mkdir(exist_ok=True)
    (state / "routing.json").write_bytes(policy.as_json())


def test_a_policy_with_unknown_names_is_in_force_if_one_can_answer(
    worker: Worker, tmp_path: Path
) -> None:
    write(tmp_path / "state", Policy(version=3, split={"fp32": 1, "typo": 3}, reference="typo"))
    worker.look()
    assert worker.policy_store.current().version == 3
    assert (share("fp32"), share("typo")) == (0.25, 0.75)
    assert metrics.POLICY_STALE._value.get() == 0


def test_a_policy_of_unknown_names_is_reported_and_not_in_force(
    worker: Worker, tmp_path: Path, count: Callable[..., float]
) -> None:
    before = count("POLICY_REJECTED", reason="unresolvable")
    write(tmp_path / "state", Policy(version=3, split={"typo": 1}, reference="other"))
    for _ in range(3):
        worker.look()
    assert worker.policy_store.current().version == 0
    assert metrics.POLICY_STALE._value.get() == 1
    assert count("POLICY_REJECTED", reason="unresolvable") == before + 1
    assert share("fp32") == 1.0


def test_a_policy_and_its_variant_that_come_together_are_used_at_once(
    worker: Worker, variants: Path, tmp_path: Path, artifact: Artifact
) -> None:
    artifact.with_manifest(name="new").save(variants / "new.safetensors")
    write(tmp_path / "state", Policy(version=3, split={"new": 1}, reference="new"))
    assert worker.services.has_changed()
    worker.services.refresh()
    assert worker.policy_store.current().version == 3
    assert not worker.services.has_changed()


def test_a_worker_starts_without_its_folders(tmp_path: Path) -> None:
    worker = Worker(Settings(variants=tmp_path / "none", state=tmp_path / "neither"))
    assert worker.repository.loaded == {}


@pytest.mark.usefixtures("removed_at_once")
def test_a_variant_in_the_policy_is_not_forgotten(
    worker: Worker, variants: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    split = {"int8-static": 1, "int8-dynamic": 1}
    write(variants.parent / "state", Policy(version=1, split=split, reference="int8-dynamic"))
    worker.look()
    for name in ("fp32", "int8-static"):
        (variants / f"{name}.safetensors").unlink()
    monkeypatch.setattr(repository, "FORGET_AFTER_S", 0.0)
    for _ in range(3):
        worker.look()
    assert "fp32" not in worker.repository.names
    assert "int8-static" in worker.repository.names
