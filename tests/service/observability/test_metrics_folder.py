"""Every server with several workers has a folder of its own."""

import os
from pathlib import Path

import pytest

from service.observability.metrics_folder import VARIABLE, metrics_folder, prepare_metrics_folder
from service.observability.worker_file import WorkerFile


def prepared(home: Path, workers: int = 2, **inherited: str) -> Path | None:
    environment = dict(inherited)
    prepare_metrics_folder(home, workers, environment)
    return metrics_folder(environment)


def test_two_servers_with_one_home_share_nothing(tmp_path: Path) -> None:
    one, other = prepared(tmp_path / "home"), prepared(tmp_path / "home")
    assert one != other
    assert one is not None
    assert one.stat().st_mode & 0o777 == (tmp_path / "home").stat().st_mode & 0o777 == 0o700


def test_one_worker_needs_none_and_a_worker_takes_its_parents(tmp_path: Path) -> None:
    assert prepared(tmp_path / "home", workers=1) is None
    assert prepared(tmp_path / "home", **{VARIABLE: "/given"}) == Path("/given")
    assert not (tmp_path / "home").exists()


def test_a_home_that_cannot_be_used_costs_the_sharing_alone(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "home").write_text("a file")
    assert prepared(tmp_path / "home") is None
    assert "one worker alone" in caplog.text


def test_folders_of_ended_servers_are_removed(tmp_path: Path) -> None:
    old, live, young = prepared(tmp_path), prepared(tmp_path), prepared(tmp_path)
    assert old
    assert live
    assert young
    (old / "worker-0.metrics").write_bytes(b"damaged")
    worker = WorkerFile.claim(live)
    worker.replace({})
    for folder in (old, live):
        os.utime(folder, (0, 0))
    new = prepared(tmp_path)
    assert {path for path in tmp_path.iterdir() if path.is_dir()} == {live, young, new}
    worker.close()
