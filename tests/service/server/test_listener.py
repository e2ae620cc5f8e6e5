"""The socket, and the files that a worker may open."""

import resource
import socket
from pathlib import Path

import pytest

from service.limits import Limits
from service.server.listener import BACKLOG, open_listener
from service.settings import Settings, SettingsError


def settings(folder: Path, **limits: int) -> Settings:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    return Settings(port=port, state=folder, limits=Limits(**limits))


def allow(monkeypatch: pytest.MonkeyPatch, soft: int, hard: int) -> list[tuple[int, int]]:
    """Pretend that this process may open so many files; returns what is set."""
    found: list[tuple[int, int]] = []
    monkeypatch.setattr(resource, "getrlimit", lambda _: (soft, hard))
    monkeypatch.setattr(resource, "setrlimit", lambda _, limits: found.append(limits))
    return found


def test_it_listens_at_the_address(tmp_path: Path) -> None:
    chosen = settings(tmp_path)
    with open_listener(chosen) as listener:
        assert listener.getsockname() == ("127.0.0.1", chosen.port)
        assert listener.get_inheritable()
        with socket.create_connection(listener.getsockname(), timeout=5):
            pass
    assert BACKLOG >= 1024


def test_a_low_limit_is_raised(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    changed = allow(monkeypatch, 256, 10_000)
    open_listener(settings(tmp_path, max_connections=1000)).close()
    ((soft, hard),) = changed
    assert soft > 1000
    assert hard == 10_000


def test_more_connections_than_files_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    allow(monkeypatch, 1024, 1024)
    with pytest.raises(SettingsError, match=r"^EMOTION_MAX_CONNECTIONS: needs .*ulimit"):
        open_listener(settings(tmp_path, max_connections=1000))
