"""Each call to the file system fails, alone or with all later ones: nothing good is lost."""

from collections.abc import Iterator
from contextlib import suppress
from itertools import count
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry, Counter

from edgemood import Artifact
from service.administration import Administration
from service.assembly import Worker
from service.errors import ServiceError
from service.observability import values as values_module
from service.observability.exposition import Exposition
from service.observability.values import Values
from service.observability.worker_file import read_snapshot
from service.routing.policy import Policy, PolicyChange
from service.routing.policy_copy import PolicyCopy
from service.routing.policy_store import FILE_NAME, PolicyStore
from service.settings import Settings
from service.variants import load_state as load_state_module
from service.variants.load_state import LoadState
from service.variants.repository import VariantRepository
from tests.faults import Faults, check_every_fault

OLD, NEW = {"fp32": 1.0}, {"int8-static": 1.0}


class Parts:
    """The parts of a worker that read and write files, over folders of their own."""

    def __init__(self, variants: Path, state: Path) -> None:
        self.state = state
        self.load_state = LoadState(state)
        self.repository = VariantRepository(variants, load_state=self.load_state)
        self.policy = PolicyStore(
            state,
            default=lambda: Policy(version=0, split=OLD, reference="fp32"),
            known=lambda: self.repository.names,
            can_answer=lambda policy: not policy.answering.isdisjoint(self.repository.loaded),
            copy=PolicyCopy(state.with_suffix(".json")),
        )
        self.administration = Administration(
            state, repository=self.repository, load_state=self.load_state, policy=self.policy
        )

    def no_temporary_files(self) -> bool:
        return not list(self.state.rglob("*.part"))


def change(split: dict[str, float]) -> PolicyChange:
    return PolicyChange(split=split, reference="fp32")


@pytest.fixture(autouse=True)
def retries_at_once_and_no_collections(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("service.variants.repository.gc.collect", lambda: 0)  # slow, in tests
    monkeypatch.setattr("service.state.backoff.FIRST_DELAY_S", 0.0)
    monkeypatch.setattr("service.state.backoff.LONGEST_DELAY_S", 0.0)


@pytest.fixture
def variants(artifact: Artifact, tmp_path: Path) -> Path:
    """Two variants, which are read many times."""
    folder = tmp_path / "variants"
    folder.mkdir()
    for name in ("fp32", "int8-static"):
        artifact.with_manifest(name=name).save(folder / f"{name}.safetensors")
    return folder


@pytest.fixture
def states(tmp_path: Path) -> Path:
    """The parent of all state folders."""
    return tmp_path / "states"


@pytest.fixture
def numbered(states: Path) -> Iterator[Path]:
    """A new folder for each fault."""
    return (states / str(number) for number in count())


def test_a_policy_is_replaced_or_the_old_one_stays(
    variants: Path, states: Path, numbered: Iterator[Path]
) -> None:
    def check(faults: Faults) -> None:
        parts = Parts(variants, next(numbered))
        parts.administration.replace_policy(change(OLD), expected=None)
        file = parts.state / FILE_NAME
        old = file.read_bytes()
        with faults, suppress(ServiceError):
            parts.administration.replace_policy(change(NEW), expected=1)
        on_disk = file.read_bytes()
        assert on_disk == old or Policy.model_validate_json(on_disk).split == NEW
        assert parts.policy.in_force.split in (OLD, NEW)
        assert parts.no_temporary_files()
        restarted = Parts(variants, parts.state)
        assert restarted.policy.in_force == parts.policy.current()
        version = restarted.policy.in_force.version
        assert restarted.administration.replace_policy(change(NEW), expected=version).split == NEW

    assert check_every_fault(check, within=states) > 50


def test_the_first_policy_is_written_or_the_default_stays(
    variants: Path, states: Path, numbered: Iterator[Path]
) -> None:
    def check(faults: Faults) -> None:
        parts = Parts(variants, next(numbered))
        with faults, suppress(ServiceError):
            parts.administration.replace_policy(change(NEW), expected=None)
        assert parts.policy.current().split in (OLD, NEW)
        assert parts.no_temporary_files()
        parts.administration.replace_policy(change(NEW), expected=None)

    assert check_every_fault(check, within=states) > 50


def test_a_policy_that_cannot_be_read_leaves_the_one_in_force(
    variants: Path, states: Path, numbered: Iterator[Path]
) -> None:
    def check(faults: Faults) -> None:
        parts = Parts(variants, next(numbered))
        writer = Parts(variants, parts.state)
        writer.administration.replace_policy(change(NEW), expected=None)
        with faults:
            assert parts.policy.current().split in (OLD, NEW)
        assert parts.policy.current().split == NEW

    assert check_every_fault(check, within=states) > 5


def test_variants_are_unloaded_or_stay_loaded(
    variants: Path, states: Path, numbered: Iterator[Path]
) -> None:
    def check(faults: Faults) -> None:
        parts = Parts(variants, next(numbered))
        parts.administration.unload("int8-static")
        parts.administration.load("int8-static")
        old = (parts.state / load_state_module.FILE_NAME).read_bytes()
        with faults, suppress(ServiceError):
            parts.administration.unload("int8-static")
        assert "fp32" in parts.repository.loaded
        on_disk = (parts.state / load_state_module.FILE_NAME).read_bytes()
        assert on_disk == old or b"int8-static" in on_disk
        assert parts.no_temporary_files()
        parts.administration.unload("int8-static")
        assert set(parts.repository.loaded) == {"fp32"}

    assert check_every_fault(check, within=states) > 50


def test_a_replaced_variant_is_read_or_the_old_one_answers(
    variants: Path, tmp_path: Path, artifact: Artifact, numbered: Iterator[Path]
) -> None:
    names = {"fp32", "int8-static"}
    contents = [
        artifact.with_manifest(name="fp32", thresholds=(0.1, 0.2, low)).to_bytes()
        for low in (0.3, 0.4)
    ]
    path = variants / "fp32.safetensors"

    def check(faults: Faults) -> None:
        path.write_bytes(contents[0])
        repository = VariantRepository(variants)
        path.write_bytes(contents[1])
        with faults:
            for _ in range(2):
                repository.refresh()
                assert set(repository.loaded) == names
                classifier = repository.find("fp32").loaded_classifier
                assert classifier.classify(["happy"])[0].labels[0] == "joy"
        repository.refresh()
        thresholds = repository.find("fp32").loaded_classifier.artifact.manifest.thresholds
        assert thresholds == (0.1, 0.2, 0.4)
        assert repository.find("fp32").problem is None

    assert check_every_fault(check, within=variants) > 10


def test_counts_are_shared_or_kept(
    states: Path, monkeypatch: pytest.MonkeyPatch, numbered: Iterator[Path]
) -> None:
    def check(faults: Faults) -> None:
        values, folder = Values(), next(numbered)
        monkeypatch.setattr(values_module, "VALUES", values)
        counter = Counter("f_total", "F.", ["name"], registry=CollectorRegistry())
        page = Exposition([counter], values)
        counter.labels("early").inc()
        with faults:
            values.share_in(folder)
            for _ in range(2):
                counter.labels("early").inc()
                counter.labels("late").inc()
                values.maintain()
            text = page.render().decode()
        assert 'f_total{name="early"} 3.0' in text
        assert 'f_total{name="late"} 2.0' in text
        values.maintain()
        counter.labels("late").inc()
        values.flush()
        assert values.own_path is not None
        assert read_snapshot(values.own_path).records == values.records()
        assert len(list(folder.iterdir())) <= 2  # a file whose claim failed may be left, empty

    assert check_every_fault(check, within=states) > 50


def test_a_worker_starts_whatever_fails_and_recovers(
    variants: Path, tmp_path: Path, numbered: Iterator[Path]
) -> None:
    state = next(numbered)
    parts = Parts(variants, state)
    parts.administration.replace_policy(change(NEW), expected=None)

    def check(faults: Faults) -> None:
        with faults:
            worker = Worker(Settings(variants=variants, state=state))
        for _ in range(2):
            worker.look()
        assert set(worker.repository.loaded) == {"fp32", "int8-static"}
        assert worker.policy_store.in_force.split == NEW
        assert worker.policy_store.problem is None

    assert check_every_fault(check, within=tmp_path) > 50
