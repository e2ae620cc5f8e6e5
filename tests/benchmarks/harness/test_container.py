"""The command that runs the service's image; a script replaces the container engine."""

from pathlib import Path

import pytest

from benchmarks.harness.container import container_command, image_size


def test_docker_runs_the_image_confined() -> None:
    with container_command("docker", "edgemood", {"MARK": "m"}) as command:
        assert command == [
            *("docker", "run", "--network", "host", "--env", "PORT={port}"),
            *("--env", "EMOTION_HOST=127.0.0.1", "--env", "MARK=m"),
            *("--rm", "--read-only", "--tmpfs", "/tmp", "--cap-drop", "ALL"),
            *("--security-opt", "no-new-privileges", "edgemood"),
        ]


@pytest.fixture
def calls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A `buildah` that logs its arguments and prints its first one."""
    log = tmp_path / "calls"
    program = tmp_path / "buildah"
    program.write_text(f'#!/bin/sh\necho "$@" >> {log}\necho "made-$1"\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    return log


def test_buildah_runs_a_container_and_removes_it(calls: Path) -> None:
    with container_command("buildah", "edgemood", {}) as command:
        assert command[:4] == ["buildah", "run", "--network", "host"]
        assert command[-5:] == ["made-from", "--", "python", "-m", "service"]
    assert calls.read_text().splitlines() == ["from --pull-never edgemood", "rm made-from"]


def test_size_is_what_the_engine_prints(calls: Path) -> None:
    assert image_size("buildah", "edgemood") == "made-images"
    assert calls.read_text() == "images --format {{.Size}} edgemood\n"
