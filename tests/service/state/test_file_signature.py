"""A signature differs after every change of a file, also behind links."""

import os
from pathlib import Path

import pytest

from service.state.file_signature import UNREADABLE, file_signature


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "file"
    path.write_text("one")
    return path


def test_a_missing_file_has_none(tmp_path: Path) -> None:
    assert file_signature(tmp_path / "missing") is None
    assert file_signature(tmp_path / "missing folder" / "file") is None


def test_it_is_time_inode_and_size(path: Path) -> None:
    os.utime(path, ns=(5, 7))
    assert file_signature(path) == (7, path.stat().st_ino, 3)


def test_an_unchanged_file_keeps_it(path: Path) -> None:
    before = file_signature(path)
    path.read_text()
    assert file_signature(path) == before


def test_a_change_of_size_with_an_equal_time_is_seen(path: Path) -> None:
    before = file_signature(path)
    path.write_text("three")
    os.utime(path, ns=(0, before[0]) if before else None)
    assert file_signature(path) != before


def test_a_replacement_of_equal_time_and_size_is_seen(path: Path, tmp_path: Path) -> None:
    before = file_signature(path)
    new = tmp_path / "new"
    new.write_text("two")
    os.utime(new, ns=(0, before[0]) if before else None)
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
