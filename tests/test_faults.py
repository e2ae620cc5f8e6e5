"""The harness itself: it reaches every call, and only those within its folder."""

import errno
import os
from contextlib import suppress
from pathlib import Path

import pytest

from tests.faults import Faults, check_every_fault


def calls_of(folder: Path, error: int) -> list[str]:
    with Faults(folder, error, 1000, lasting=False) as faults:
        (folder / "f").write_text("text")
        assert (folder / "f").read_text() == "text"
        (folder / "f").rename(folder / "g")
        (folder.parent / "elsewhere").write_text("not counted")
        assert not faults.happened
    return faults.calls


def test_calls_of_pathlib_are_seen(tmp_path: Path) -> None:
    (tmp_path / "inner").mkdir()
    assert calls_of(tmp_path / "inner", errno.ENOSPC) == ["open", "write", "open", "rename"]
    calls = calls_of(tmp_path / "inner", errno.EIO)
    assert [name for name in calls if name != "fstat"] == (
        ["open", "write", "close", "open", "read", "read", "close", "rename"]
    )


@pytest.mark.parametrize("lasting", [False, True])
def test_the_call_fails_and_later_ones_as_stated(tmp_path: Path, lasting: bool) -> None:
    failed = []
    with Faults(tmp_path, errno.EIO, 1, lasting=lasting) as faults:
        for _ in range(4):
            try:
                os.stat(tmp_path)  # noqa: PTH116
            except OSError as error:
                failed.append(error.errno)
    assert failed == [errno.EIO] * (3 if lasting else 1)
    assert str(faults) == f"EIO in call 1 (stat){' and all later ones' if lasting else ''}"


def test_a_descriptor_is_closed_even_if_closing_fails(tmp_path: Path) -> None:
    descriptor = os.open(tmp_path, os.O_RDONLY)
    with Faults(tmp_path, errno.EIO, 0, lasting=False), suppress(OSError):
        os.close(descriptor)
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(descriptor)


def test_a_failed_check_names_its_fault(tmp_path: Path) -> None:
    def check(faults: Faults) -> None:
        with faults, suppress(OSError):
            (tmp_path / "f").write_text("text")
        assert (tmp_path / "f").read_text() == "text"

    with pytest.raises(FileNotFoundError) as failure:
        check_every_fault(check, within=tmp_path)
    assert failure.value.__notes__ == ["ENOSPC in call 0 (open)"]
