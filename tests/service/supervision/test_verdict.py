"""When a silent worker is replaced."""

import pytest

from service.supervision.process import ProcessState
from service.supervision.verdict import LONG_SILENCE_S, SILENCE_S, START_S, verdict

SILENT = SILENCE_S + 0.1


@pytest.mark.parametrize(
    ("silence_s", "state", "processor_s", "expected"),
    [
        (0.1, "S", 0.0, None),
        (SILENCE_S, "S", 0.0, None),
        (SILENT, "S", 0.0, "wedged"),  # waits for something that is not a processor
        (SILENT, "R", SILENT, "wedged"),  # an endless loop
        (SILENT, "R", 0.1, None),  # others have the processors
        (SILENT, "D", 0.0, None),  # a slow disk
        (LONG_SILENCE_S + 0.1, "R", 0.1, "wedged"),
        (LONG_SILENCE_S + 0.1, "D", 0.0, "wedged"),
        (0.1, "T", 0.0, "stopped"),
        (0.1, "t", 0.0, None),  # a debugger looks at it
    ],
)
def test_verdict(silence_s: float, state: str, processor_s: float, expected: str | None) -> None:
    found = verdict(silence_s, ProcessState(state, 9.0), processor_s=processor_s, has_beaten=True)
    assert found == expected


def test_a_start_may_take_long() -> None:
    state = ProcessState("R", 1.0)
    assert verdict(60.0, state, processor_s=60.0, has_beaten=False) is None
    assert verdict(START_S + 1, state, processor_s=60.0, has_beaten=False) == "wedged"


def test_without_proc_silence_alone_decides() -> None:
    assert verdict(SILENT, None, processor_s=0.0, has_beaten=True) == "wedged"
