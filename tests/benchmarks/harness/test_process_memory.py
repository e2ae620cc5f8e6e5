"""Processes found by their mark, and their memory."""

import os
import subprocess
import sys

from benchmarks.harness.process_memory import (
    MARK,
    marked_processes,
    median_memory,
    new_mark,
    read_memory,
)

CHILD = "import time; print(flush=True); time.sleep(60)"
PARENT = f"""
import subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", {CHILD!r}], stdout=subprocess.PIPE)
child.stdout.readline()
print(flush=True)
time.sleep(60)
"""


def test_processes_with_a_mark_are_found_and_stopped() -> None:
    mark = new_mark()
    assert marked_processes(mark) == []
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT],
        env=os.environ | {MARK: mark},
        stdout=subprocess.PIPE,
    )
    assert parent.stdout is not None
    try:
        parent.stdout.readline()
        found = marked_processes(mark)
        assert [process.ppid() for process in found] == [os.getpid(), parent.pid]
        memory = read_memory(mark)
        assert list(memory) == ["supervisor", "worker"]
        assert all(0 < kinds["pss"] <= kinds["rss"] for kinds in memory.values())
    finally:
        for process in marked_processes(mark):
            process.terminate()
        parent.stdout.close()
        parent.wait(timeout=30)


def test_medians_are_of_each_figure() -> None:
    readings = [{"worker": {"rss": rss, "pss": rss / 2}} for rss in (10.0, 40.0, 20.0)]
    assert median_memory(readings) == {"worker": {"rss": 20.0, "pss": 10.0}}
