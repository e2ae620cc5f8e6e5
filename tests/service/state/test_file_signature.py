"""A signature differs after every change of a file, also behind links."""

import os
import time
from pathlib import Path

import pytest

from service.state.file_signature import (
    SETTLED_NS,
    UNREADABLE,
    file_signature,
    folder_identity,
    is_settled,
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "file"
    path.write_text("one")
    return path


def test_a_missing_file_has_none(tmp_path: Path) -> None:
    assert file_signature(tmp_path / "missing") is None
    assert file_signature(tmp_path / "missing folder" / "file") is None


def test_it_is_device_inode_size_and_times(path: Path) -> None:
    os.utime(path, ns=(5, 7))
    status = path.stat()
    assert file_signature(path) == (status.st_dev, status.st_ino, 3, 7, status.st_ctime_ns)


def test_an_unchanged_file_keeps_it(path: Path) -> None:
    before = file_signature(path)
    path.read_text()
    assert file_signature(path) == before


def test_a_change_of_size_with_an_equal_time_is_seen(path: Path) -> None:
    before = file_signature(path)
    path.write_text("three")
    os.utime(path, ns=(0, before[3]) if before else None)
    assert file_signature(path) != before


def test_a_replacement_of_equal_time_and_size_is_seen(path: Path, tmp_path: Path) -> None:
    before = file_signature(path)
    new = tmp_path / "new"
    new.write_text("two")
    os.utime(new, ns=(0, before[3]) if before else None)
    new.replace(path)
    assert file_signature(path) != before


def test_a_link_has_the_signature_of_its_target(path: Path, tmp_path: Path) -> None:
    """A ConfigMap is updated by moving a link to a folder; the file's own link stays."""
    for name in ("first", "second"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "file").write_text(name)
    current = tmp_path / "..data"
    current.symlink_to("first")
    link = tmp_path / "link"
    link.symlink_to("..data/file")
    assert file_signature(link) == file_signature(tmp_path / "first" / "file")
    current.unlink()
    current.symlink_to("second")
    assert file_signature(link) == file_signature(tmp_path / "second" / "file")


def test_a_link_without_a_target_is_unreadable_rather_than_missing(tmp_path: Path) -> None:
    (tmp_path / "dangling").symlink_to("nowhere")
    (tmp_path / "loop").symlink_to("loop")
    assert file_signature(tmp_path / "dangling") == UNREADABLE
    assert file_signature(tmp_path / "loop") == UNREADABLE


def test_a_file_inside_a_file_is_unreadable(path: Path) -> None:
    assert file_signature(path / "inside") == UNREADABLE


def test_a_signature_is_settled_once_its_times_have_passed(path: Path) -> None:
    signature = file_signature(path)
    assert signature is not None
    assert not is_settled((*signature[:3], time.time_ns(), 0))
    assert is_settled((*signature[:3], 0, time.time_ns() - 2 * SETTLED_NS))
    assert is_settled(None)
    assert is_settled(UNREADABLE)


def test_a_folder_that_was_replaced_has_another_identity(tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    assert folder_identity(folder) is None
    folder.mkdir()
    before = folder_identity(folder)
    folder.rename(tmp_path / "moved")
    folder.mkdir()
    assert folder_identity(folder) != before == folder_identity(tmp_path / "moved")
