"""One file that is replaced, damaged, removed and unloaded: the last good classifier answers."""

import os
import shutil
from pathlib import Path

import pytest

from edgemood import Artifact, Classifier
from service.state import backoff
from service.variants import watched_variant
from service.variants.loader import VariantLoader
from service.variants.watched_variant import REMOVED, WatchedVariant
from tests.service.state.files import settle

UNUSED = "the file on disk is not used: "


class Loader(VariantLoader):
    """Counts the files that it reads."""

    reads = 0

    def load(self, path: Path) -> object:
        self.reads += 1
        return super().load(path)


@pytest.fixture
def loader() -> Loader:
    return Loader()


@pytest.fixture
def served(artifact_path: Path, loader: Loader) -> WatchedVariant:
    file = WatchedVariant(artifact_path, loader)
    update(file)
    assert file.variant.state == "loaded"
    return file


def update(file: WatchedVariant, *, is_unloaded: bool = False, at_once: bool = False) -> None:
    file.update(is_listed=True, is_unloaded=is_unloaded, at_once=at_once)


def other(artifact: Artifact) -> bytes:
    return artifact.with_manifest(thresholds=(0.1, 0.2, 0.3)).to_bytes()


def into_fifo(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


def into_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def into_dangling_link(path: Path) -> None:
    path.unlink()
    path.symlink_to("nowhere")


def into_device(path: Path) -> None:
    path.unlink()
    path.symlink_to("/dev/zero")


def into_sparse_giant(path: Path) -> None:
    with path.open("r+b") as file:
        file.truncate(2**40)


@pytest.mark.parametrize(
    "damage",
    [
        lambda path: path.write_bytes(b""),
        lambda path: path.write_bytes(path.read_bytes()[:-100]),
        lambda path: path.write_bytes(bytes(path.stat().st_size)),
        lambda path: path.write_text("not a variant"),
        into_fifo,
        into_folder,
        into_dangling_link,
        into_device,
        into_sparse_giant,
    ],
)
def test_a_bad_file_leaves_the_last_good_classifier(
    served: WatchedVariant, artifact_path: Path, damage: object, caplog: pytest.LogCaptureFixture
) -> None:
    before = served.variant
    damage(artifact_path)
    for _ in range(3):
        update(served)
    after = served.variant
    assert (after.state, after.classifier, after.sha256) == (
        "loaded",
        before.classifier,
        before.sha256,
    )
    assert after.file_bytes == before.file_bytes
    assert (after.problem or "").startswith(UNUSED)
    assert str(artifact_path.parent) not in (after.problem or "")
    assert caplog.text.count("keeps its last good file") == 1


def test_the_next_good_file_replaces_it_and_clears_the_problem(
    served: WatchedVariant, artifact: Artifact, artifact_path: Path
) -> None:
    first = served.variant.classifier
    artifact_path.write_bytes(other(artifact)[:1000])
    update(served)
    artifact_path.write_bytes(other(artifact))
    update(served)
    assert served.variant.problem is None
    assert served.variant.classifier is not first


def test_the_same_file_restored_keeps_the_classifier(
    served: WatchedVariant, artifact_path: Path
) -> None:
    first, content = served.variant, artifact_path.read_bytes()
    artifact_path.write_bytes(b"")
    update(served)
    artifact_path.write_bytes(content)
    update(served)
    assert served.variant == first


@pytest.mark.parametrize("replace", [shutil.copy, os.replace])
def test_a_changed_target_of_a_link_is_noticed(
    artifact: Artifact, artifact_path: Path, tmp_path: Path, replace: object
) -> None:
    folder, new = tmp_path / "variants", tmp_path / "new"
    folder.mkdir()
    link = folder / "tiny.safetensors"
    link.symlink_to(artifact_path)
    file = WatchedVariant(link, VariantLoader())
    update(file)
    first = file.variant.sha256
    new.write_bytes(other(artifact))
    replace(new, artifact_path)  # the folder and the link stay as they are
    update(file)
    assert file.variant.sha256 != first
    assert file.variant.problem is None


def test_a_folder_behind_a_link_is_swapped_as_kubernetes_does(
    artifact: Artifact, tmp_path: Path
) -> None:
    for name, content in (("..1", artifact.to_bytes()), ("..2", other(artifact))):
        (tmp_path / name).mkdir()
        (tmp_path / name / "tiny.safetensors").write_bytes(content)
    (tmp_path / "..data").symlink_to("..1")
    (tmp_path / "tiny.safetensors").symlink_to("..data/tiny.safetensors")
    file = WatchedVariant(tmp_path / "tiny.safetensors", VariantLoader())
    update(file)
    first = file.variant.sha256
    (tmp_path / "..new").symlink_to("..2")
    (tmp_path / "..new").replace(tmp_path / "..data")
    update(file)
    assert file.variant.sha256 != first


def test_two_changes_within_one_tick_of_the_clock_are_both_seen(
    served: WatchedVariant,
    loader: Loader,
    artifact: Artifact,
    artifact_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    artifact_path.write_bytes(other(artifact))
    update(served)
    first = served.variant.sha256
    signature = served._signature
    new = artifact.with_manifest(thresholds=(0.1, 0.2, 0.4)).to_bytes()
    artifact_path.write_bytes(new)
    monkeypatch.setattr("service.variants.watched_variant.file_signature", lambda _: signature)
    update(served)
    assert served.variant.sha256 == first
    monkeypatch.setattr(served._retry, "_due_at", 0.0)
    update(served)
    assert served.variant.sha256 != first


def test_an_unchanged_bad_file_is_read_ever_less_often(
    artifact_path: Path, loader: Loader, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 0.0
    monkeypatch.setattr(backoff.time, "monotonic", lambda: now)
    artifact_path.write_text("not a variant")
    file = WatchedVariant(artifact_path, loader)
    reads = []
    for second in range(400):
        now = second / 2
        update(file)
        if len(reads) != loader.reads:
            reads.append(now)
    assert reads == [0.0, 1.0, 3.0, 7.0, 15.0, 31.0, 63.0, 123.0, 183.0]
    update(file, at_once=True)
    assert loader.reads == len(reads) + 1


def test_a_lack_of_resources_is_overcome(
    artifact_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def too_little(*_: object, **__: object) -> Classifier:
        raise MemoryError

    file = WatchedVariant(artifact_path, VariantLoader())
    with monkeypatch.context() as patch:
        patch.setattr(Classifier, "from_file", too_little)
        for _ in range(3):
            update(file, at_once=True)
    assert file.variant.problem == "the file cannot be used (MemoryError)"
    assert caplog.text.count("is not served") == 1
    update(file, at_once=True)
    assert (file.variant.state, file.variant.problem) == ("loaded", None)


def test_a_settled_file_is_read_once(
    served: WatchedVariant, loader: Loader, artifact_path: Path
) -> None:
    settle(artifact_path)
    update(served)
    served._retry.reset()
    reads = loader.reads
    update(served, at_once=True)
    assert loader.reads == reads


def test_a_removed_file_withdraws_its_variant_after_a_second(
    served: WatchedVariant, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(2):
        served.update(is_listed=False, is_unloaded=False)
    assert served.variant.state == "loaded"
    monkeypatch.setattr(watched_variant, "WITHDRAW_AFTER_S", 0.0)
    for _ in range(2):
        served.update(is_listed=False, is_unloaded=False)
    assert (served.variant.state, served.variant.problem) == ("failed", REMOVED)
    assert served.is_removed
    update(served)
    assert served.variant.state == "loaded"
    assert not served.is_removed


def test_unloading_reads_nothing_and_loading_reads_again(
    served: WatchedVariant, loader: Loader, artifact_path: Path
) -> None:
    artifact_path.write_text("bad")
    reads = loader.reads
    update(served, is_unloaded=True)
    assert (served.variant.state, served.variant.file_bytes) == ("unloaded", 3)
    assert served.variant.problem is None
    assert loader.reads == reads
    update(served)  # nothing good is left in memory
    assert served.variant.state == "failed"
