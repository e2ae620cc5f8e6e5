"""Atomic writing of files."""

import os
from pathlib import Path
from stat import S_ISDIR

import pytest

from edgemood.atomic import atomic_write, write_text
from tests.faults import Faults, check_every_fault


def test_the_new_file_replaces_the_old_one_when_the_block_ends(tmp_path: Path) -> None:
    path = tmp_path / "f"
    path.write_text("old")
    with atomic_write(path) as file:
        file.write(b"new")
        assert path.read_text() == "old"
    assert path.read_text() == "new"
    assert path.stat().st_mode & 0o777 == 0o644
    assert list(tmp_path.iterdir()) == [path]


def test_a_failure_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "f"
    path.write_text("old")

    def write_and_fail() -> None:
        with atomic_write(path) as file:
            file.write(b"new")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        write_and_fail()
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_errors_name_the_file_and_not_the_temporary_one(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    with pytest.raises(IsADirectoryError) as refusal, atomic_write(tmp_path / "folder"):
        pass
    assert (refusal.value.filename, refusal.value.filename2) == (str(tmp_path / "folder"), None)
    with pytest.raises(FileNotFoundError) as refusal, atomic_write(tmp_path / "none" / "f"):
        pass
    assert refusal.value.filename == str(tmp_path / "none")


def test_every_fault_leaves_the_old_file_or_the_whole_new_one(tmp_path: Path) -> None:
    path = tmp_path / "f"

    def write(content: bytes) -> None:
        with atomic_write(path) as file:
            for start in range(0, len(content), 10_000):
                file.write(content[start : start + 10_000])

    def check(faults: Faults) -> None:
        path.write_bytes(b"old")
        problem = None
        with faults:
            try:
                write(b"new" * 10_000)
            except OSError as error:
                problem = error
        if problem is not None:
            assert problem.errno == faults.error
            assert problem.filename == str(path)
        assert path.read_bytes() == (b"new" * 10_000 if problem is None else b"old")
        assert list(tmp_path.iterdir()) == [path]
        assert len(list(Path("/proc/self/fd").iterdir())) == descriptors

    descriptors = len(list(Path("/proc/self/fd").iterdir()))
    assert check_every_fault(check, within=tmp_path) >= 50


def test_a_folder_that_cannot_be_flushed_is_reported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    flush = os.fsync

    def flush_files_only(descriptor: int) -> None:
        if S_ISDIR(os.fstat(descriptor).st_mode):
            raise OSError(5, "Input/output error")
        flush(descriptor)

    monkeypatch.setattr(os, "fsync", flush_files_only)
    with atomic_write(tmp_path / "f") as file:
        file.write(b"new")
    assert (tmp_path / "f").read_bytes() == b"new"
    assert caplog.messages == [
        f"{tmp_path} cannot be flushed (Input/output error): a crash may undo the last change"
    ]


def test_texts_are_written_atomically_and_links_are_kept(tmp_path: Path) -> None:
    target, link = tmp_path / "target", tmp_path / "link"
    target.write_text("old")
    link.symlink_to(target)
    with target.open() as old:
        write_text(link, "très\n")
        assert old.read() == "old"
    assert link.is_symlink()
    assert target.read_bytes() == "très\n".encode()


def test_a_device_is_written_to_and_not_replaced(tmp_path: Path) -> None:
    link = tmp_path / "link"
    link.symlink_to("/dev/null")
    write_text(link, "text")
    assert list(tmp_path.iterdir()) == [link]
    assert Path("/dev/null").is_char_device()
