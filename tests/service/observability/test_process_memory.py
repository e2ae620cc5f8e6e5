"""The gauge of resident memory, and when free memory is returned."""

import ctypes
from pathlib import Path

import pytest

from service.observability.metrics import PROCESS_RESIDENT_BYTES
from service.observability.process_memory import (
    ProcessMemory,
    resident_bytes,
    return_free_memory,
)

MIB = 1024 * 1024


class Process:
    """A process of which the test sets the memory, and which returns what is above `used`."""

    def __init__(self, used: int) -> None:
        self.used = self.resident = used
        self.now = 0.0
        self.returned = 0

    def return_free(self) -> None:
        self.returned += 1
        self.resident = self.used

    def watched(self) -> ProcessMemory:
        return ProcessMemory(
            resident=lambda: self.resident, return_free=self.return_free, clock=lambda: self.now
        )


def test_the_gauge_is_what_the_system_reports() -> None:
    ProcessMemory().look()
    read = PROCESS_RESIDENT_BYTES._value.get()
    status = Path("/proc/self/status").read_text()
    kilobytes = next(line.split()[1] for line in status.splitlines() if line.startswith("VmRSS"))
    assert abs(read / 1024 / int(kilobytes) - 1) < 0.1


def test_the_gauge_stays_if_the_figure_cannot_be_read(monkeypatch: pytest.MonkeyPatch) -> None:
    process = Process(100 * MIB)
    process.watched().look()

    def refuse(_: Path) -> str:
        raise OSError(24, "Too many open files")

    monkeypatch.setattr(Path, "read_text", refuse)
    assert resident_bytes() is None
    ProcessMemory().look()
    assert PROCESS_RESIDENT_BYTES._value.get() == 100 * MIB


def test_growth_is_returned_now_and_then_and_less_often_if_it_is_in_use() -> None:
    process = Process(100 * MIB)
    memory = process.watched()
    for now, resident, used, returned in (
        (0, 110, 100, 1),  # what the start left
        (1, 103, 100, 1),  # little
        (2, 140, 100, 1),  # too soon
        (5, 140, 120, 2),  # a part is in use
        (9, 125, 120, 2),
        (10, 130, 129, 3),
        (19, 140, 100, 3),  # little was free before, so the interval is 10 s
        (20, 140, 100, 4),
        (29, 104, 100, 4),
        (30, 105, 100, 5),
    ):
        process.now, process.resident, process.used = now, resident * MIB, used * MIB
        memory.look()
        assert process.returned == returned, now
        assert PROCESS_RESIDENT_BYTES._value.get() == process.resident


def test_a_c_library_without_the_call_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    return_free_memory()
    monkeypatch.setattr(ctypes, "CDLL", lambda _: object())
    return_free_memory()
