"""A folder of valid and damaged variants that are added, replaced, unloaded and removed."""

import weakref
from pathlib import Path
from typing import NamedTuple

import pytest

from edgemood import Artifact
from service.errors import UnavailableError, UnknownVariantError
from service.observability import metrics
from service.variants import folder as folder_module
from service.variants import repository as repository_module
from service.variants.load_state import LoadState
from service.variants.loader import VariantLoader
from service.variants.repository import VariantRepository
from tests.service.state.files import settle


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
        opened.repository.refresh_now()
    assert "My Model" not in opened.repository.names
    assert caplog.text.count("My Model") == 1


@pytest.mark.usefixtures("removed_at_once")
def test_nothing_is_read_again_while_nothing_changes(
    opened: Setup, variants: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    repository = opened.repository
    for path in variants.iterdir():
        settle(path)
    (variants / "broken.safetensors").unlink()  # a failed file is read again
    settle(variants)
    repository.refresh()
    monkeypatch.setattr(VariantLoader, "load", None)
    before, changes = dict(repository.variants), len(opened.changes)
    for _ in range(3):
        repository.refresh()
    assert repository.variants == before
    assert len(opened.changes) == changes


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
    opened.repository.search()
    assert opened.repository.find("new").state == "loaded"


def test_requests_for_unknown_names_start_few_scans(
    opened: Setup, variants: Path, artifact: Artifact, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(repository_module, "_MIN_INTERVAL_S", 1e9)
    monkeypatch.setattr(opened.repository, "_searched_at", -1e9)
    opened.repository.search()
    artifact.with_manifest(name="new").save(variants / "new.safetensors")
    opened.repository.search()
    assert "new" not in opened.repository.names


@pytest.mark.usefixtures("removed_at_once")
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
    repository.refresh()
    assert classifier() is None
    assert set(resident_bytes("fp32")) == {0}
    assert is_up("fp32") == 0
    assert (repository.find("fp32").state, repository.find("fp32").problem) == ("unloaded", None)
    load_state.load("fp32")
    repository.refresh()
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


def vanish(folder: Path, how: str) -> None:
    folder.rename(folder.with_name("elsewhere"))
    if how == "empty":
        folder.mkdir()
    elif how == "a file":
        folder.write_text("in its place")
    elif how == "a loop":
        folder.symlink_to(folder)


@pytest.mark.parametrize("how", ["gone", "empty", "a file", "a loop"])
def test_a_vanished_folder_changes_nothing_and_is_reported_once(
    opened: Setup, variants: Path, how: str, caplog: pytest.LogCaptureFixture
) -> None:
    repository = opened.repository
    before = dict(repository.variants)
    caplog.clear()
    vanish(variants, how)
    for _ in range(3):
        repository.refresh()
        repository.search()
    assert repository.variants == before
    assert opened.changes == []
    assert len(caplog.records) == 1
    assert metrics.FOLDER_UP._value.get() == 0


@pytest.mark.usefixtures("removed_at_once")
def test_a_folder_that_comes_back_is_followed_again(
    opened: Setup, variants: Path, artifact: Artifact
) -> None:
    repository = opened.repository
    vanish(variants, "empty")
    repository.refresh()
    artifact.with_manifest(name="new").save(variants / "new.safetensors")
    repository.refresh()
    assert set(repository.loaded) == {"new"}
    assert repository.find("fp32").problem == "the file was removed"
    assert metrics.FOLDER_UP._value.get() == 1


def test_variants_can_be_unloaded_while_the_folder_is_gone(opened: Setup, variants: Path) -> None:
    vanish(variants, "gone")
    opened.load_state.unload("fp32")
    opened.repository.refresh()
    assert set(opened.repository.loaded) == {"int8-dynamic", "int8-static"}


def test_a_folder_without_variants_at_the_start_is_followed(
    tmp_path: Path, artifact: Artifact
) -> None:
    repository = VariantRepository(tmp_path / "later")
    assert repository.loaded == {}
    (tmp_path / "later").mkdir()
    artifact.with_manifest(name="new").save(tmp_path / "later" / "new.safetensors")
    repository.refresh()
    assert set(repository.loaded) == {"new"}


@pytest.mark.usefixtures("removed_at_once")
def test_a_name_is_forgotten_long_after_its_file_unless_it_is_in_use(
    variants: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    repository = VariantRepository(variants, in_use=lambda: frozenset({"fp32"}))
    for name in ("fp32", "int8-static"):
        (variants / f"{name}.safetensors").unlink()
    repository.refresh()
    repository.refresh()
    assert {"fp32", "int8-static"} < repository.names
    monkeypatch.setattr(repository_module, "FORGET_AFTER_S", 0.0)
    repository.refresh()
    assert repository.names == {"broken", "fp32", "int8-dynamic"}
    assert resident_bytes("int8-static") == []


def test_the_number_of_files_is_bounded_and_known_ones_stay(
    opened: Setup,
    variants: Path,
    artifact: Artifact,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr(folder_module, "MAX_VARIANTS", 5)
    for name in ("a", "b", "c"):
        artifact.with_manifest(name=name).save(variants / f"{name}.safetensors")
    for _ in range(3):
        opened.repository.refresh()
    kept = {"broken", "fp32", "int8-dynamic", "int8-static", "a"}
    assert opened.repository.names == kept
    assert caplog.text.count("2 variant files are ignored, 'b.safetensors' for one") == 1


def test_a_scan_that_hangs_delays_others_only_for_a_while(
    opened: Setup, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(repository_module, "WAIT_S", 0.01)
    monkeypatch.setattr(repository_module, "ADMIN_WAIT_S", 0.01)
    with opened.repository._scanning:
        assert not opened.repository.refresh(wait_s=0.01)
        with pytest.raises(UnavailableError, match="still being read"):
            opened.repository.refresh_now()
    assert opened.repository.refresh()


def test_a_folder_that_is_deleted_file_by_file_withdraws_no_variant(
    opened: Setup, variants: Path
) -> None:
    before = set(opened.repository.loaded)
    for path in sorted(variants.iterdir()):
        path.unlink()
        opened.repository.refresh()
    assert set(opened.repository.loaded) == before
    assert metrics.FOLDER_UP._value.get() == 0
