"""A folder of valid and damaged variants that are added, replaced, unloaded and removed."""

import weakref
from pathlib import Path
from typing import NamedTuple

import pytest

from edgemood import Artifact, Classifier, VariantFile
from service.errors import UnavailableError, UnknownVariantError
from service.observability import metrics
from service.variants import repository as repository_module
from service.variants.load_state import LoadState
from service.variants.loader import VariantLoader
from service.variants.repository import VariantRepository


class Setup(NamedTuple):
    repository: VariantRepository
    load_state: LoadState
    changes: list[str]


@pytest.fixture
def opened(variants: Path, tmp_path: Path) -> Setup:
    changes: list[str] = []
    load_state = LoadState(tmp_path / "state")
    repository = VariantRepository(
        variants, load_state=load_state, on_change=lambda: changes.append("changed")
    )
    return Setup(repository, load_state, changes)


def resident_bytes(variant: str) -> list[float]:
    samples = metrics.RESIDENT_BYTES.collect()[0].samples
    return [sample.value for sample in samples if sample.labels["variant"] == variant]


def is_up(variant: str) -> float:
    samples = metrics.VARIANT_UP.collect()[0].samples
    return next(sample.value for sample in samples if sample.labels["variant"] == variant)


def test_a_bad_file_is_listed_and_the_others_are_loaded(opened: Setup) -> None:
    repository = opened.repository
    assert list(repository.variants) == ["broken", "fp32", "int8-dynamic", "int8-static"]
    assert repository.names == set(repository.variants)
    assert set(repository.loaded) == {"fp32", "int8-dynamic", "int8-static"}
    assert repository.usable == set(repository.loaded)
    assert repository.find("broken").state == "failed"
    assert opened.changes == []


def test_an_unknown_name_is_an_error_that_lists_the_known_ones(opened: Setup) -> None:
    with pytest.raises(UnknownVariantError) as error:
        opened.repository.find("nope")
    assert "broken, fp32, int8-dynamic, int8-static" in error.value.message


def test_a_file_without_a_valid_name_is_ignored_and_logged_once(
    opened: Setup, variants: Path, artifact: Artifact, caplog: pytest.LogCaptureFixture
) -> None:
    artifact.save(variants / "My Model.safetensors")
    for _ in range(3):
        opened.repository.refresh(force=True)
    assert "My Model" not in opened.repository.names
    assert caplog.text.count("My Model") == 1


def test_nothing_is_read_again_while_nothing_changes(
    opened: Setup, monkeypatch: pytest.MonkeyPatch
) -> None:
    repository = opened.repository
    monkeypatch.setattr(repository_module, "_SETTLED_NS", -1)
    monkeypatch.setattr(repository_module, "_RETRY_S", 1e9)
    repository.refresh(force=True)
    before = dict(repository.variants)
    monkeypatch.setattr(VariantRepository, "_scan", None)
    repository.refresh()
    repository.apply_load_state()
    assert repository.variants == before
    assert opened.changes == []


def test_new_and_replaced_files_are_read(opened: Setup, variants: Path, artifact: Artifact) -> None:
    repository = opened.repository
    replaced, kept = repository.find("fp32"), repository.find("int8-static")
    artifact.with_manifest(name="new").save(variants / "new.safetensors")
    changed = artifact.with_manifest(name="fp32", thresholds=(0.1, 0.2, 0.3))
    changed.save(variants / "fp32.safetensors")
    repository.refresh()
    assert "new" in repository.names
    assert repository.find("new").loaded_classifier.classify(["happy"])[0].labels == ("joy",)
    assert repository.find("fp32").sha256 != replaced.sha256
    assert repository.find("int8-static") is kept
    assert opened.changes == ["changed"]


def test_an_unknown_name_is_searched_on_disk(
    opened: Setup, variants: Path, artifact: Artifact
) -> None:
    artifact.with_manifest(name="new").save(variants / "new.safetensors")
    assert opened.repository.find("new").state == "loaded"


def test_an_incomplete_file_is_loaded_once_it_is_complete(
    opened: Setup, variants: Path, artifact: Artifact, monkeypatch: pytest.MonkeyPatch
) -> None:
    repository = opened.repository
    complete = artifact.with_manifest(name="slow").to_bytes()
    path = variants / "slow.safetensors"
    path.write_bytes(complete[: len(complete) // 2])
    repository.refresh()
    assert repository.find("slow").state == "failed"
    with path.open("ab") as file:  # leaves the folder's signature as it is
        file.write(complete[len(complete) // 2 :])
    monkeypatch.setattr(repository, "_retry_at", 0.0)
    repository.refresh()
    assert repository.find("slow").state == "loaded"


def test_a_temporary_failure_is_logged_once_and_retried(
    variants: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    original = Classifier.from_file.__func__

    def too_many_files(cls: type[Classifier], file: VariantFile) -> Classifier:
        if file.path.stem == "fp32":
            raise OSError(24, "Too many open files")
        opened: Classifier = original(cls, file)
        return opened

    with monkeypatch.context() as patch:
        patch.setattr(Classifier, "from_file", classmethod(too_many_files))
        repository = VariantRepository(variants)
        before = repository.find("fp32")
        for _ in range(3):
            repository.refresh(force=True)
        assert repository.find("fp32") is before
        assert caplog.text.count("variant fp32 is not served") == 1
    repository.refresh(force=True)
    assert repository.find("fp32").state == "loaded"


def test_a_removed_file_keeps_its_name_and_is_unavailable(opened: Setup, variants: Path) -> None:
    repository = opened.repository
    (variants / "fp32.safetensors").unlink()
    repository.refresh()
    assert "fp32" in repository.names
    assert repository.find("fp32").state == "failed"
    with pytest.raises(UnavailableError):
        _ = repository.find("fp32").loaded_classifier
    assert set(repository.loaded) == {"int8-dynamic", "int8-static"}


def test_unloading_frees_the_classifier_and_loading_restores_it(
    opened: Setup, variants: Path, tmp_path: Path
) -> None:
    (variants / "broken.safetensors").unlink()  # its traceback would keep the classifiers alive
    load_state = LoadState(tmp_path / "state")
    repository = VariantRepository(variants, load_state=load_state)
    classifier = weakref.ref(repository.find("fp32").loaded_classifier)
    assert sum(resident_bytes("fp32")) > 0
    load_state.unload("fp32")
    repository.apply_load_state()
    assert classifier() is None
    assert set(resident_bytes("fp32")) == {0}
    assert is_up("fp32") == 0
    assert (repository.find("fp32").state, repository.find("fp32").problem) == ("unloaded", None)
    load_state.load("fp32")
    repository.apply_load_state()
    assert repository.find("fp32").loaded_classifier.classify(["happy"])[0].labels == ("joy",)
    assert sum(resident_bytes("fp32")) > 0
    assert is_up("fp32") == 1


def test_an_unloaded_variant_stays_unloaded_after_a_restart(
    opened: Setup, variants: Path, tmp_path: Path
) -> None:
    opened.load_state.unload("fp32")
    restarted = VariantRepository(variants, load_state=LoadState(tmp_path / "state"))
    assert restarted.find("fp32").state == "unloaded"
    assert restarted.usable == {"fp32", "int8-dynamic", "int8-static"}


def test_an_unloaded_file_is_not_read(
    variants: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    load_state = LoadState(tmp_path / "state")
    for name in ("broken", "fp32", "int8-dynamic", "int8-static"):
        load_state.unload(name)
    monkeypatch.setattr(VariantLoader, "load", None)
    repository = VariantRepository(variants, load_state=load_state)
    assert {variant.state for variant in repository.variants.values()} == {"unloaded"}
    size = (variants / "fp32.safetensors").stat().st_size
    assert repository.find("fp32").file_bytes == size
