"""A folder of variants, good ones and bad, that come and go."""

import shutil
import weakref
from pathlib import Path

import pytest

from edgemood import Artifact, Classifier
from service.errors import UnavailableError
from service.observability import metrics
from service.variants import repository as repository_module
from service.variants.load_state import FILE_NAME, LoadState
from service.variants.repository import VariantRepository


def test_a_file_that_breaks_its_reader_leaves_the_others_serving(
    variants: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = variants / "int8-static.safetensors"
    Artifact.open(path).with_manifest(name="int8-static", method="another").save(path)
    original = Classifier.open.__func__

    def fail(cls: type[Classifier], path: Path) -> Classifier:
        if path.stem == "int8-static":
            raise ZeroDivisionError
        return original(cls, path)

    monkeypatch.setattr(Classifier, "open", classmethod(fail))
    repository = VariantRepository(variants)
    assert set(repository.loaded) == {"fp32", "int8-dynamic"}
    assert repository.find("int8-static").problem == "the file cannot be used (ZeroDivisionError)"


def test_a_variant_that_cannot_answer_its_probe_is_not_loaded(
    variants: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    original = Classifier.infer

    def fail(self: Classifier, batch: object) -> object:
        if self.artifact.manifest.name == "int8-static":
            raise ZeroDivisionError
        return original(self, batch)

    monkeypatch.setattr(Classifier, "infer", fail)
    assert set(VariantRepository(variants).loaded) == {"fp32", "int8-dynamic"}


def resident(variant: str) -> dict[str, float]:
    found = metrics.RESIDENT_BYTES.collect()[0].samples
    return {s.labels["part"]: s.value for s in found if s.labels["variant"] == variant}


@pytest.fixture
def watched(variants: Path, tmp_path: Path) -> tuple[VariantRepository, LoadState, list[str]]:
    calls: list[str] = []
    load_state = LoadState(tmp_path / "state")
    repository = VariantRepository(
        variants, load_state=load_state, on_change=lambda: calls.append("changed")
    )
    return repository, load_state, calls


def test_nothing_is_read_again_while_nothing_changes(
    watched: tuple[VariantRepository, LoadState, list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    repository, _, calls = watched
    monkeypatch.setattr(repository_module, "_SETTLED_NS", -1)
    monkeypatch.setattr(repository_module, "_RETRY_S", 1e9)
    repository._look()
    before = dict(repository.variants)
    monkeypatch.setattr(VariantRepository, "_look", None)
    repository.refresh()
    assert repository.variants == before
    assert calls == []


def test_new_files_are_picked_up_and_replaced_ones_read_again(
    watched: tuple[VariantRepository, LoadState, list[str]], variants: Path, artifact: Artifact
) -> None:
    repository, _, calls = watched
    first, kept = repository.find("fp32"), repository.find("int8-static")
    artifact.with_manifest(name="new").save(variants / "new.safetensors")
    artifact.with_manifest(name="fp32", thresholds=(0.1, 0.2, 0.3)).save(
        variants / "fp32.safetensors"
    )
    repository.refresh()
    assert "new" in repository.names
    assert repository.find("new").loaded_classifier.classify(["happy"])[0].labels == ("joy",)
    assert repository.find("fp32").sha256 != first.sha256
    assert repository.find("int8-static") is kept
    assert calls == ["changed"]


def test_a_file_that_was_on_its_way_is_loaded_when_it_is_whole(
    watched: tuple[VariantRepository, LoadState, list[str]],
    variants: Path,
    artifact: Artifact,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    repository, _, _ = watched
    whole = artifact.with_manifest(name="slow").to_bytes()
    path = variants / "slow.safetensors"
    path.write_bytes(whole[: len(whole) // 2])
    repository.refresh()
    assert repository.find("slow").state == "failed"
    with path.open("ab") as file:  # does not touch the folder
        file.write(whole[len(whole) // 2 :])
    monkeypatch.setattr(repository, "_retry_at", 0.0)  # the second is over
    repository.refresh()
    assert repository.find("slow").state == "loaded"


def test_what_failed_for_want_of_something_is_tried_again(
    variants: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    original = Classifier.open.__func__

    def too_many_files(cls: type[Classifier], path: Path) -> Classifier:
        if path.stem == "fp32":
            raise OSError(24, "Too many open files")
        return original(cls, path)

    with monkeypatch.context() as patch:
        patch.setattr(Classifier, "open", classmethod(too_many_files))
        repository = VariantRepository(variants)
        before = repository.find("fp32")
        for _ in range(3):
            repository.refresh(force=True)
        assert repository.find("fp32") is before
        assert caplog.text.count("variant fp32 is not served") == 1  # not once a second
    repository.refresh(force=True)
    assert repository.find("fp32").state == "loaded"


def test_labels_that_no_receipt_has_room_for(
    variants: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(repository_module, "MAX_LABELS", 2)
    repository = VariantRepository(variants)
    assert repository.loaded == {}
    assert "a receipt has room for 2" in (repository.find("fp32").problem or "")


def test_a_file_that_is_taken_away_stops_answering_but_keeps_its_name(
    watched: tuple[VariantRepository, LoadState, list[str]], variants: Path
) -> None:
    repository, _, _ = watched
    (variants / "fp32.safetensors").unlink()
    repository.refresh()
    assert "fp32" in repository.names
    assert repository.find("fp32").state == "failed"
    with pytest.raises(UnavailableError):
        _ = repository.find("fp32").loaded_classifier
    assert set(repository.loaded) == {"int8-dynamic", "int8-static"}


def test_unloading_frees_the_classifier_and_loading_brings_it_back(
    variants: Path, tmp_path: Path
) -> None:
    (variants / "broken.safetensors").unlink()  # its traceback, in pytest's log, holds everything
    load_state = LoadState(tmp_path / "state")
    repository = VariantRepository(variants, load_state=load_state)
    held = weakref.ref(repository.find("fp32").loaded_classifier)
    assert sum(resident("fp32").values()) > 0
    load_state.unload("fp32")
    repository.refresh()
    assert held() is None
    assert set(resident("fp32").values()) == {0}
    assert metrics.VARIANT_UP.labels("fp32")._value.get() == 0
    assert (repository.find("fp32").state, repository.find("fp32").problem) == ("unloaded", None)
    load_state.load("fp32")
    repository.refresh()
    assert repository.find("fp32").loaded_classifier.classify(["happy"])[0].labels == ("joy",)
    assert sum(resident("fp32").values()) > 0
    assert metrics.VARIANT_UP.labels("fp32")._value.get() == 1


def test_what_was_unloaded_stays_so_over_a_restart(
    watched: tuple[VariantRepository, LoadState, list[str]], variants: Path, tmp_path: Path
) -> None:
    _, load_state, _ = watched
    load_state.unload("fp32")
    again = VariantRepository(variants, load_state=LoadState(tmp_path / "state"))
    assert again.find("fp32").state == "unloaded"
    # Another worker of the same server sees it, too.
    assert LoadState(tmp_path / "state").unloaded() == {"fp32"}


@pytest.mark.parametrize("content", ["junk", '{"unloaded": 3}', '{"loaded": []}', ""])
def test_a_damaged_list_changes_nothing(
    watched: tuple[VariantRepository, LoadState, list[str]],
    content: str,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    repository, load_state, _ = watched
    load_state.unload("fp32")
    repository.refresh()
    (tmp_path / "state" / FILE_NAME).write_text(content)
    repository.refresh()
    assert repository.find("fp32").state == "unloaded"
    assert FILE_NAME in caplog.text


def test_one_file_under_two_names_is_held_once(artifact: Artifact, tmp_path: Path) -> None:
    artifact.save(tmp_path / "a.safetensors")
    shutil.copy(tmp_path / "a.safetensors", tmp_path / "b.safetensors")
    artifact.with_manifest(name="other").save(tmp_path / "c.safetensors")
    repository = VariantRepository(tmp_path)
    a, b, c = (repository.find(name).loaded_classifier for name in "abc")
    assert a is b
    assert a is not c


def test_a_file_that_could_not_be_read_for_a_moment_is_shared_with_nobody(
    artifact: Artifact, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in "ab":
        artifact.with_manifest(name=name).save(tmp_path / f"{name}.safetensors")

    def fail(_: Path) -> str:
        raise PermissionError

    monkeypatch.setattr(repository_module, "file_sha256", fail)
    repository = VariantRepository(tmp_path)
    assert not repository.loaded
    assert repository.find("a").problem == "the file cannot be used (PermissionError)"
    monkeypatch.undo()
    repository.refresh(force=True)
    assert {name: c.artifact.manifest.name for name, c in repository.loaded.items()} == {
        "a": "a",
        "b": "b",
    }
