"""A worker for the tests of the supervisor: beats on its pipe, and misbehaves as it is told.

`worker.py FOLDER MODE --listener N --beats N [--replaces REASON]` appends its process id and the
reason to `FOLDER/started`. `well` beats until SIGTERM; `busy`, `asleep` and `leave` beat three
times and then loop, sleep or exit; `fail` exits at once; `deaf` beats and ignores SIGTERM.
"""

import os
import signal
import sys
import time
from pathlib import Path

FOLDER, MODE, *OPTIONS = sys.argv[1:]
BEATS = int(OPTIONS[OPTIONS.index("--beats") + 1])
REASON = OPTIONS[OPTIONS.index("--replaces") + 1] if "--replaces" in OPTIONS else "-"

with (Path(FOLDER) / "started").open("a") as file:
    file.write(f"{os.getpid()} {REASON}\n")
if MODE == "fail":
    sys.exit(3)
if MODE == "deaf":
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
is_first = REASON == "-"
for beat in range(10_000):
    os.write(BEATS, b".")
    time.sleep(0.05)
    if MODE in {"well", "deaf"} or not is_first or beat < 3:
        continue
    if MODE == "leave":
        sys.exit(0)
    if MODE == "asleep":
        time.sleep(60)
    while MODE == "busy":
        pass
