"""Reading variant files: bad files are reported, equal files share a classifier."""

import gc
import shutil
from pathlib import Path

import pytest

from edgemood import Artifact, Classifier, VariantFile
from edgemood.format.file import file_sha256
from service.variants import loader as loader_module
from service.variants.loader import VariantLoader, file_size


def test_a_good_file_is_loaded(artifact_path: Path) -> None:
    variant = VariantLoader().load(artifact_path)
    assert (variant.name, variant.state, variant.problem) == ("tiny", "loaded", None)
    assert variant.file_bytes == artifact_path.stat().st_size
    assert len(variant.sha256 or "") == 64
    assert variant.loaded_classifier.classify(["happy"])[0].labels == ("joy",)


def test_a_damaged_file_fails_with_part_and_problem(tmp_path: Path) -> None:
    path = tmp_path / "damaged.safetensors"
    path.write_bytes(b"not a variant")
    variant = VariantLoader().load(path)
    assert (variant.name, variant.state, variant.file_bytes) == ("damaged", "failed", 13)
    assert variant.problem == "container: not a safetensors file"
    assert (variant.sha256, variant.classifier) == (None, None)


def test_a_missing_file_fails_without_revealing_its_path(tmp_path: Path) -> None:
    variant = VariantLoader().load(tmp_path / "missing.safetensors")
    assert (variant.state, variant.file_bytes) == ("failed", 0)
    assert str(tmp_path) not in (variant.problem or "")


@pytest.mark.parametrize("method", ["from_file", "classify"])
def test_an_unexpected_error_is_reported_by_its_type(
    artifact_path: Path, monkeypatch: pytest.MonkeyPatch, method: str
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(Classifier, method, fail)
    variant = VariantLoader().load(artifact_path)
    assert variant.problem == "the file cannot be used (ZeroDivisionError)"


def test_more_labels_than_a_receipt_can_hold(
    artifact_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loader_module, "MAX_LABELS", 2)
    variant = VariantLoader().load(artifact_path)
    assert variant.problem == "labels: 3 of them; a receipt has room for 2"


def test_files_of_equal_content_share_one_classifier(artifact: Artifact, tmp_path: Path) -> None:
    artifact.save(tmp_path / "a.safetensors")
    shutil.copy(tmp_path / "a.safetensors", tmp_path / "b.safetensors")
    artifact.with_manifest(name="other").save(tmp_path / "c.safetensors")
    loader = VariantLoader()
    a, b, c = (
        loader.load(tmp_path / f"{name}.safetensors").loaded_classifier for name in ("a", "b", "c")
    )
    assert a is b
    assert a is not c


def test_sharing_keeps_no_classifier_in_memory(artifact_path: Path) -> None:
    loader = VariantLoader()
    loader.load(artifact_path)
    gc.collect()
    assert len(loader._by_sha256) == 0


def test_digest_and_classifier_come_from_one_read(
    artifact: Artifact, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, copy = tmp_path / "a.safetensors", tmp_path / "copy.safetensors"
    artifact.save(path)
    shutil.copy(path, copy)
    loader = VariantLoader()
    original = VariantFile.read

    def replace_after(path: Path, **limits: int) -> VariantFile:
        file = original(path, **limits)
        artifact.with_manifest(thresholds=(0.1, 0.1, 0.1)).save(path)
        return file

    with monkeypatch.context() as patch:
        patch.setattr(VariantFile, "read", replace_after)
        replaced = loader.load(path)
    assert replaced.sha256 == file_sha256(copy) != file_sha256(path)
    assert replaced.loaded_classifier.artifact.manifest.thresholds == (0.5, 0.5, 0.6)
    assert loader.load(copy).loaded_classifier is replaced.loaded_classifier


def test_a_served_file_that_is_overwritten_or_cut_changes_no_answer(artifact_path: Path) -> None:
    classifier = VariantLoader().load(artifact_path).loaded_classifier
    before = classifier.scores(["i am happy"]).tolist()
    size = artifact_path.stat().st_size
    artifact_path.write_bytes(bytes(size))
    assert classifier.scores(["i am happy"]).tolist() == before
    artifact_path.write_bytes(b"")
    assert classifier.scores(["i am happy"]).tolist() == before


def test_temporarily_unreadable_files_are_not_shared(
    artifact: Artifact, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> int:
        raise PermissionError(13, "Permission denied")

    paths = [tmp_path / "a.safetensors", tmp_path / "b.safetensors"]
    for path in paths:
        artifact.with_manifest(name=path.stem).save(path)
    loader = VariantLoader()
    with monkeypatch.context() as patch:
        patch.setattr("os.open", fail)
        problems = {loader.load(path).problem for path in paths}
    assert problems == {"file: Permission denied"}
    names = [loader.load(path).loaded_classifier.artifact.manifest.name for path in paths]
    assert names == ["a", "b"]


def test_file_size(artifact_path: Path, tmp_path: Path) -> None:
    assert file_size(artifact_path) == artifact_path.stat().st_size
    assert file_size(tmp_path / "missing") == 0
    assert file_size(tmp_path) == 0


def test_the_limits_of_a_loader(artifact_path: Path) -> None:
    few_bytes = VariantLoader(max_bytes=100).load(artifact_path)
    assert few_bytes.problem is not None
    assert few_bytes.problem.endswith("of which at most 100 are read")
    little_memory = VariantLoader(max_memory_bytes=1000).load(artifact_path)
    assert little_memory.problem is not None
    assert little_memory.problem.endswith("bytes of memory; at most 1,000 are allowed")
    assert VariantLoader().load(artifact_path).state == "loaded"
