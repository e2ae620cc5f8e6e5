"""A folder of variants, good ones and bad, that come and go."""

import shutil
import weakref
from pathlib import Path

import pytest

from edgemood import Artifact, Classifier
from service.errors import UnavailableError
from service.observability import metrics
from service.variants import repository as cataloguing
from service.variants.load_state import FILE_NAME, Switches
from service.variants.repository import Catalog


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
    catalog = Catalog(variants)
    assert set(catalog.loaded) == {"fp32", "int8-dynamic"}
    assert catalog.find("int8-static").problem == "the file cannot be used (ZeroDivisionError)"


def test_a_variant_that_cannot_answer_its_probe_is_not_loaded(
    variants: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    original = Classifier.infer

    def fail(self: Classifier, batch: object) -> object:
        if self.artifact.manifest.name == "int8-static":
            raise ZeroDivisionError
        return original(self, batch)

    monkeypatch.setattr(Classifier, "infer", fail)
    assert set(Catalog(variants).loaded) == {"fp32", "int8-dynamic"}


def resident(variant: str) -> dict[str, float]:
    found = metrics.RESIDENT_BYTES.collect()[0].samples
    return {s.labels["part"]: s.value for s in found if s.labels["variant"] == variant}


@pytest.fixture
def watched(variants: Path, tmp_path: Path) -> tuple[Catalog, Switches, list[str]]:
    calls: list[str] = []
    switches = Switches(tmp_path / "state")
    catalog = Catalog(variants, switches=switches, on_change=lambda: calls.append("changed"))
    return catalog, switches, calls


def test_nothing_is_read_again_while_nothing_changes(
    watched: tuple[Catalog, Switches, list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    catalog, _, calls = watched
    monkeypatch.setattr(cataloguing, "_SETTLED_NS", -1)
    monkeypatch.setattr(cataloguing, "_RETRY_S", 1e9)
    catalog._look()
    before = dict(catalog.variants)
    monkeypatch.setattr(Catalog, "_look", None)
    catalog.refresh()
    assert catalog.variants == before
    assert calls == []


def test_new_files_are_picked_up_and_replaced_ones_read_again(
    watched: tuple[Catalog, Switches, list[str]], variants: Path, artifact: Artifact
) -> None:
    catalog, _, calls = watched
    first, kept = catalog.find("fp32"), catalog.find("int8-static")
    artifact.with_manifest(name="new").save(variants / "new.safetensors")
    artifact.with_manifest(name="fp32", thresholds=(0.1, 0.2, 0.3)).save(
        variants / "fp32.safetensors"
    )
    catalog.refresh()
    assert "new" in catalog.known
    assert catalog.find("new").ready.classify(["happy"])[0].labels == ("joy",)
    assert catalog.find("fp32").sha256 != first.sha256
    assert catalog.find("int8-static") is kept
    assert calls == ["changed"]


def test_a_file_that_was_on_its_way_is_loaded_when_it_is_whole(
    watched: tuple[Catalog, Switches, list[str]],
    variants: Path,
    artifact: Artifact,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    catalog, _, _ = watched
    whole = artifact.with_manifest(name="slow").to_bytes()
    path = variants / "slow.safetensors"
    path.write_bytes(whole[: len(whole) // 2])
    catalog.refresh()
    assert catalog.find("slow").state == "failed"
    with path.open("ab") as file:  # does not touch the folder
        file.write(whole[len(whole) // 2 :])
    monkeypatch.setattr(catalog, "_retry_at", 0.0)  # the second is over
    catalog.refresh()
    assert catalog.find("slow").state == "loaded"


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
        catalog = Catalog(variants)
        before = catalog.find("fp32")
        for _ in range(3):
            catalog.refresh(again=True)
        assert catalog.find("fp32") is before
        assert caplog.text.count("variant fp32 is not served") == 1  # not once a second
    catalog.refresh(again=True)
    assert catalog.find("fp32").state == "loaded"


def test_labels_that_no_receipt_has_room_for(
    variants: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cataloguing, "MAX_LABELS", 2)
    catalog = Catalog(variants)
    assert catalog.loaded == {}
    assert "a receipt has room for 2" in (catalog.find("fp32").problem or "")


def test_a_file_that_is_taken_away_stops_answering_but_keeps_its_name(
    watched: tuple[Catalog, Switches, list[str]], variants: Path
) -> None:
    catalog, _, _ = watched
    (variants / "fp32.safetensors").unlink()
    catalog.refresh()
    assert "fp32" in catalog.known
    assert catalog.find("fp32").state == "failed"
    with pytest.raises(UnavailableError):
        _ = catalog.find("fp32").ready
    assert set(catalog.loaded) == {"int8-dynamic", "int8-static"}


def test_unloading_frees_the_classifier_and_loading_brings_it_back(
    variants: Path, tmp_path: Path
) -> None:
    (variants / "broken.safetensors").unlink()  # its traceback, in pytest's log, holds everything
    switches = Switches(tmp_path / "state")
    catalog = Catalog(variants, switches=switches)
    held = weakref.ref(catalog.find("fp32").ready)
    assert sum(resident("fp32").values()) > 0
    switches.turn("fp32", on=False)
    catalog.refresh()
    assert held() is None
    assert set(resident("fp32").values()) == {0}
    assert metrics.VARIANT_UP.labels("fp32")._value.get() == 0
    assert (catalog.find("fp32").state, catalog.find("fp32").problem) == ("unloaded", None)
    switches.turn("fp32", on=True)
    catalog.refresh()
    assert catalog.find("fp32").ready.classify(["happy"])[0].labels == ("joy",)
    assert sum(resident("fp32").values()) > 0
    assert metrics.VARIANT_UP.labels("fp32")._value.get() == 1


def test_what_was_unloaded_stays_so_over_a_restart(
    watched: tuple[Catalog, Switches, list[str]], variants: Path, tmp_path: Path
) -> None:
    _, switches, _ = watched
    switches.turn("fp32", on=False)
    again = Catalog(variants, switches=Switches(tmp_path / "state"))
    assert again.find("fp32").state == "unloaded"
    # Another worker of the same server sees it, too.
    assert Switches(tmp_path / "state").unloaded() == {"fp32"}


@pytest.mark.parametrize("content", ["junk", '{"unloaded": 3}', '{"loaded": []}', ""])
def test_a_damaged_list_changes_nothing(
    watched: tuple[Catalog, Switches, list[str]],
    content: str,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    catalog, switches, _ = watched
    switches.turn("fp32", on=False)
    catalog.refresh()
    (tmp_path / "state" / FILE_NAME).write_text(content)
    catalog.refresh()
    assert catalog.find("fp32").state == "unloaded"
    assert FILE_NAME in caplog.text


def test_one_file_under_two_names_is_held_once(artifact: Artifact, tmp_path: Path) -> None:
    artifact.save(tmp_path / "a.safetensors")
    shutil.copy(tmp_path / "a.safetensors", tmp_path / "b.safetensors")
    artifact.with_manifest(name="other").save(tmp_path / "c.safetensors")
    catalog = Catalog(tmp_path)
    a, b, c = (catalog.find(name).ready for name in "abc")
    assert a is b
    assert a is not c


def test_a_file_that_could_not_be_read_for_a_moment_is_shared_with_nobody(
    artifact: Artifact, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in "ab":
        artifact.with_manifest(name=name).save(tmp_path / f"{name}.safetensors")

    def fail(_: Path) -> str:
        raise PermissionError

    monkeypatch.setattr(cataloguing, "file_sha256", fail)
    catalog = Catalog(tmp_path)
    assert not catalog.loaded
    assert catalog.find("a").problem == "the file cannot be used (PermissionError)"
    monkeypatch.undo()
    catalog.refresh(again=True)
    assert {name: c.artifact.manifest.name for name, c in catalog.loaded.items()} == {
        "a": "a",
        "b": "b",
    }
