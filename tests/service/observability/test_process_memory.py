from pathlib import Path

from service.observability.metrics import PROCESS_RESIDENT_BYTES
from service.observability.process_memory import ProcessMemory


def test_the_gauge_is_what_the_system_reports_and_is_read_once_a_second() -> None:
    memory = ProcessMemory()
    memory.refresh()
    read = PROCESS_RESIDENT_BYTES._value.get()
    status = Path("/proc/self/status").read_text()
    kilobytes = next(line.split()[1] for line in status.splitlines() if line.startswith("VmRSS"))
    assert abs(read / 1024 / int(kilobytes) - 1) < 0.1
    PROCESS_RESIDENT_BYTES.set(1)
    memory.refresh()
    assert PROCESS_RESIDENT_BYTES._value.get() == 1
