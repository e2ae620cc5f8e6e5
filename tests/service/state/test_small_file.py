"""Bounded reads: only regular files, and nothing that waits."""

import os
from pathlib import Path

import pytest

from service.state import small_file
from service.state.small_file import FileReadError, read_small_file


def test_the_content_up_to_the_limit(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"12345")
    assert read_small_file(path, limit=5) == b"12345"
    with pytest.raises(FileReadError, match="larger than 4 bytes"):
        read_small_file(path, limit=4)


@pytest.mark.parametrize("kind", ["fifo", "folder", "device", "missing", "dangling"])
def test_anything_else_is_refused_without_waiting(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "it"
    if kind == "fifo":
        os.mkfifo(path)
    elif kind == "folder":
        path.mkdir()
    elif kind != "missing":
        path.symlink_to("/dev/zero" if kind == "device" else "nowhere")
    with pytest.raises(FileReadError) as error:
        read_small_file(path)
    assert str(tmp_path) not in str(error.value)


def test_a_file_that_grows_while_it_is_read_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"1234")
    monkeypatch.setattr(small_file.os, "read", lambda _, size: b"x" * size)
    with pytest.raises(FileReadError, match="larger than 8 bytes"):
        read_small_file(path, limit=8)


def test_a_file_that_becomes_a_pipe_between_check_and_open_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, pipe = tmp_path / "file", tmp_path / "pipe"
    path.write_bytes(b"1")
    os.mkfifo(pipe)
    original = os.open
    monkeypatch.setattr(small_file.os, "open", lambda _, flags: original(pipe, flags))
    with pytest.raises(FileReadError, match="not a regular file"):
        read_small_file(path)


def test_a_lack_of_memory_is_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> bytes:
        raise MemoryError

    (tmp_path / "file").write_bytes(b"1")
    monkeypatch.setattr(small_file.os, "read", fail)
    with pytest.raises(FileReadError, match="out of memory"):
        read_small_file(tmp_path / "file")
