"""Reading a file once: only regular files, within a size, as one state of the file."""

import hashlib
import os
import socket
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from edgemood import Artifact, Classifier, VariantFile
from edgemood.errors import OversizedFileError, UnreadableFileError
from edgemood.format.file import file_sha256
from tests.faults import Faults, check_every_fault


def test_content_digest_and_status(tmp_path: Path) -> None:
    path = tmp_path / "f"
    path.write_bytes(b"content")
    file = VariantFile.read(path)
    assert (file.path, file.content) == (path, b"content")
    assert file.sha256 == hashlib.sha256(b"content").hexdigest() == file_sha256(path)
    assert file.status is not None
    assert file.status.st_ino == path.stat().st_ino


def test_a_classifier_of_bytes_from_elsewhere(artifact: Artifact) -> None:
    file = VariantFile(Path("download"), artifact.to_bytes())
    assert Classifier.from_file(file).classify(["happy"])[0].labels == ("joy",)
    damaged = VariantFile(Path("download"), file.content[:-1])
    with pytest.raises(Exception, match=r"^download: container: "):
        Classifier.from_file(damaged)


def open_descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def test_nothing_is_left_open(artifact_path: Path) -> None:
    before = open_descriptors()
    VariantFile.read(artifact_path)
    with pytest.raises(OversizedFileError):
        VariantFile.read(artifact_path, max_bytes=1)
    assert open_descriptors() == before


def test_links_are_followed(artifact_path: Path) -> None:
    link = artifact_path.with_name("link")
    link.symlink_to(artifact_path)
    assert VariantFile.read(link).content == artifact_path.read_bytes()
    link.unlink()
    link.symlink_to(link)
    with pytest.raises(UnreadableFileError, match=r"link: file: .*; check the path"):
        VariantFile.read(link)


def make_socket(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))


IRREGULAR: dict[str, Callable[[Path], object]] = {
    "pipe": os.mkfifo,
    "folder": Path.mkdir,
    "socket": make_socket,
    "device": lambda path: path.symlink_to("/dev/zero"),
    "terminal": lambda path: path.symlink_to("/dev/ptmx"),
}


@pytest.mark.parametrize("make", IRREGULAR.values(), ids=IRREGULAR.keys())
def test_only_regular_files_are_opened(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, make: Callable[[Path], object]
) -> None:
    monkeypatch.chdir(tmp_path)  # the path of a socket must be short
    make(Path("it"))
    monkeypatch.setattr("os.open", lambda *_: pytest.fail("it was opened"))
    with pytest.raises(UnreadableFileError, match="it: file: not a file; check the path"):
        VariantFile.read("it")


def test_a_pipe_that_replaces_the_file_is_refused_without_waiting(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, pipe = tmp_path / "f", tmp_path / "pipe"
    path.touch()
    os.mkfifo(pipe)
    original = os.open

    def open_other(name: Path, flags: int) -> int:
        assert flags & os.O_NONBLOCK
        assert flags & os.O_CLOEXEC
        return original(pipe if name == path else name, flags)

    monkeypatch.setattr("os.open", open_other)
    with pytest.raises(UnreadableFileError, match="not a file"):
        VariantFile.read(path)


def test_a_large_file_is_refused_before_it_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "large"
    path.touch()
    os.truncate(path, 2**40)
    monkeypatch.setattr("os.read", lambda *_: pytest.fail("it was read"))
    with pytest.raises(OversizedFileError, match=r"file: 1,099,511,627,776 bytes, .*; use"):
        VariantFile.read(path)
    with pytest.raises(OversizedFileError, match="at most 1,000 are read"):
        VariantFile.read(path, max_bytes=1000)


@pytest.mark.parametrize(
    "change",
    [
        lambda path: path.write_bytes(b"other content"),
        lambda path: path.write_bytes(b"less"),
        lambda path: path.open("ab").write(b"more"),
    ],
    ids=["overwritten", "cut", "extended"],
)
def test_a_change_during_the_read_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, change: Callable[[Path], object]
) -> None:
    path = tmp_path / "f"
    path.write_bytes(b"first content")
    os.utime(path, ns=(0, 0))
    original = os.read

    def read_and_change(descriptor: int, count: int) -> bytes:
        piece = original(descriptor, min(count, 6))
        if piece == b"first ":
            change(path)
        return piece

    monkeypatch.setattr("os.read", read_and_change)
    with pytest.raises(UnreadableFileError, match="changed while it was read; write a new file"):
        VariantFile.read(path)


def test_a_read_in_many_pieces(artifact_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    original = os.read
    monkeypatch.setattr("os.read", lambda descriptor, count: original(descriptor, min(count, 100)))
    assert VariantFile.read(artifact_path).content == artifact_path.read_bytes()


@pytest.mark.parametrize("error", [OSError(5, "Input/output error"), MemoryError()])
@pytest.mark.parametrize("call", ["open", "fstat", "read"])
def test_errors_of_the_system(
    artifact_path: Path, monkeypatch: pytest.MonkeyPatch, call: str, error: Exception
) -> None:
    def fail(*_: object) -> None:
        raise error

    with monkeypatch.context() as patch:
        patch.setattr(os, call, fail)
        with pytest.raises(UnreadableFileError) as refusal:
            VariantFile.read(artifact_path)
    assert refusal.value.problem in {"Input/output error", "there is not enough memory"}


def test_every_fault_while_a_file_is_opened(artifact_path: Path) -> None:
    before = open_descriptors()

    def check(faults: Faults) -> None:
        labels = None
        with faults, suppress(UnreadableFileError):
            labels = Classifier.open(artifact_path).classify(["happy"])[0].labels
        assert labels == (None if faults.happened else ("joy",))
        assert open_descriptors() == before

    assert check_every_fault(check, within=artifact_path.parent) >= 12
