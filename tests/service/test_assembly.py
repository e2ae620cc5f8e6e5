"""The metrics that a worker publishes at its start and after changes of the folders."""

from collections.abc import Callable
from pathlib import Path

import pytest

from service import assembly
from service.assembly import Worker
from service.observability import metrics
from service.routing.policy import Policy, ShadowSettings
from service.settings import Settings


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

    monkeypatch.setattr(type(worker.services), "refresh", lambda _: refresh())
    monkeypatch.setattr(assembly.time, "sleep", sleep)
    with pytest.raises(Ended):
        worker._watch()
    assert len(seen) == 3  # the loop continues after a failure
