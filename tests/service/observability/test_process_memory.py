"""The gauge of resident memory."""

from pathlib import Path

import pytest

from service.observability.metrics import PROCESS_RESIDENT_BYTES
from service.observability.process_memory import publish_resident_bytes


def test_the_gauge_is_what_the_system_reports() -> None:
    publish_resident_bytes()
    read = PROCESS_RESIDENT_BYTES._value.get()
    status = Path("/proc/self/status").read_text()
    kilobytes = next(line.split()[1] for line in status.splitlines() if line.startswith("VmRSS"))
    assert abs(read / 1024 / int(kilobytes) - 1) < 0.1


def test_the_gauge_stays_if_the_figure_cannot_be_read(monkeypatch: pytest.MonkeyPatch) -> None:
    PROCESS_RESIDENT_BYTES.set(100)

    def refuse(_: Path) -> str:
        raise OSError(24, "Too many open files")

    monkeypatch.setattr(Path, "read_text", refuse)
    publish_resident_bytes()
    assert PROCESS_RESIDENT_BYTES._value.get() == 100
