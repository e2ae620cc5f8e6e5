"""The start of the server up to the moment when a worker or the supervisor takes over."""

import importlib.util
import os
import signal
import socket
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

from service import __main__ as module
from service.__main__ import main


class Executed(NamedTuple):
    """What `os.execv` was called with, and the environment at that time."""

    arguments: list[str]
    environment: dict[str, str]


class _ReplacedError(Exception):
    """Ends `main` in place of the process that `os.execv` would replace."""


@pytest.fixture
def environment(variants: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """The settings of the test, on a free port; all other variables of the service are unset."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    own = {"PORT": str(port), "EMOTION_VARIANTS": str(variants), "EMOTION_STATE": str(tmp_path)}
    for name in list(os.environ):
        if name.startswith(("EMOTION_", "OTEL_", "BENTOML_", "OPENBLAS_")) or name == "PORT":
            monkeypatch.delenv(name)
    for name, value in own.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path / "run"))
    # Set and deleted again, so that the end of the test removes what `main` sets.
    for name in (
        *("BENTOML_DO_NOT_TRACK", "BENTOML_HOME", "OPENBLAS_NUM_THREADS"),
        *("EMOTION_RECEIPT_KEY", "EDGEMOOD_METRICS_FOLDER", "EDGEMOOD_HOME"),
    ):
        monkeypatch.setenv(name, "")
        monkeypatch.delenv(name)
    return own


def run(monkeypatch: pytest.MonkeyPatch) -> Executed:
    calls: list[Executed] = []

    def execv(path: str, arguments: list[str]) -> None:
        assert path == arguments[0] == sys.executable
        calls.append(Executed(arguments[1:], dict(os.environ)))
        raise _ReplacedError

    monkeypatch.setattr(os, "execv", execv)
    mask = os.umask(0)
    try:
        with pytest.raises(_ReplacedError):
            main()
    finally:
        os.umask(mask)
    return calls[0]


@pytest.mark.usefixtures("environment")
def test_it_becomes_the_only_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    *command, descriptor = run(monkeypatch).arguments
    assert command == ["-m", "service.worker", "--listener"]
    assert descriptor.isdecimal()


@pytest.mark.usefixtures("environment")
def test_it_becomes_the_supervisor_of_several_workers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EMOTION_WORKERS", "3")
    found = run(monkeypatch).arguments
    assert found[:2] == ["-m", "service.supervision.supervisor"]
    assert found[2].isdecimal()
    assert found[3:] == ["3", "-m", "service.worker"]


@pytest.mark.parametrize(("pid", "waits"), [(1, True), (2, False)])
def test_the_first_process_of_a_container_loses_no_signal(
    pid: int, waits: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = signal.pthread_sigmask(signal.SIG_BLOCK, ())
    monkeypatch.setattr(module.os, "getpid", lambda: pid)
    try:
        run(monkeypatch)
        assert (signal.SIGTERM in signal.pthread_sigmask(signal.SIG_BLOCK, ())) == waits
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def test_the_modules_exist() -> None:
    for command in (module.WORKER, module.SUPERVISOR):
        assert importlib.util.find_spec(command[1]) is not None


@pytest.mark.usefixtures("environment")
def test_all_workers_get_one_receipt_key(monkeypatch: pytest.MonkeyPatch) -> None:
    assert len(run(monkeypatch).environment["EMOTION_RECEIPT_KEY"]) == 64


def test_it_sets_variables_of_the_libraries(
    environment: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    found = run(monkeypatch).environment
    assert found["BENTOML_DO_NOT_TRACK"] == "True"
    assert found["BENTOML_HOME"].endswith(f"-{environment['PORT']}")
    assert found["OPENBLAS_NUM_THREADS"] == "1"


@pytest.mark.usefixtures("environment")
def test_it_keeps_variables_that_are_set(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BENTOML_HOME", str(tmp_path / "elsewhere"))
    assert run(monkeypatch).environment["BENTOML_HOME"] == str(tmp_path / "elsewhere")


@pytest.mark.parametrize(("token", "state"), [("", "off"), ("secret of 16 let", "on")])
@pytest.mark.usefixtures("environment")
def test_it_prints_variants_and_admin_calls_but_no_token(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], token: str, state: str
) -> None:
    monkeypatch.setenv("EMOTION_ADMIN_TOKEN", token)
    run(monkeypatch)
    printed = capsys.readouterr()
    assert printed.out == ""
    line, limits = printed.err.splitlines()
    assert "broken, fp32, int8-dynamic, int8-static" in line
    assert line.endswith(state)
    assert "secret" not in line
    assert limits.startswith("limits of a worker: max_concurrency=64")


@pytest.mark.parametrize(
    ("name", "value"),
    [("EMOTION_WORKERS", "none"), ("EMOTION_VARIANTS", "/nowhere"), ("OTEL_TRACES_EXPORTER", "x")],
)
@pytest.mark.usefixtures("environment")
def test_an_invalid_setting_is_named_and_the_status_is_2(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)
    monkeypatch.setattr(os, "execv", None)
    with pytest.raises(SystemExit) as error:
        main()
    assert error.value.code == 2
    assert capsys.readouterr().err.startswith(f"service: {name}: ")


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_a_port_in_use_is_named_and_the_status_is_2(
    environment: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    host: str,
) -> None:
    monkeypatch.setenv("EMOTION_HOST", host)
    monkeypatch.setattr(os, "execv", None)
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as listener:
        try:
            listener.bind((host, 0))
        except OSError:  # without IPv6, binding fails there for `main`, too
            assert host == "::1"
        else:
            listener.listen()
            monkeypatch.setenv("PORT", str(listener.getsockname()[1]))
        with pytest.raises(SystemExit) as error:
            main()
    assert error.value.code == 2
    printed = capsys.readouterr().err
    assert printed.startswith("service: PORT: ")
    assert os.environ["PORT"] in printed
    assert len(printed.splitlines()) == 1


@pytest.mark.usefixtures("environment")
def test_a_home_that_others_can_write_to_stops_the_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "open").mkdir()
    (tmp_path / "open").chmod(0o777)
    monkeypatch.setenv("BENTOML_HOME", str(tmp_path / "open"))
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 2
    printed = capsys.readouterr().err
    assert printed.startswith(f"service: BENTOML_HOME: {tmp_path / 'open'}: other users can write")


@pytest.mark.parametrize(("workers", "is_made"), [("1", False), ("2", True)])
@pytest.mark.usefixtures("environment")
def test_several_workers_share_a_folder_for_their_metrics(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, workers: str, is_made: bool
) -> None:
    monkeypatch.setenv("BENTOML_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("EMOTION_WORKERS", workers)
    folder = run(monkeypatch).environment.get("EDGEMOOD_METRICS_FOLDER")
    assert (folder is not None) == is_made
    assert len(list((tmp_path / "home").iterdir())) == is_made
