"""Load from wrk."""

import json
import re
import subprocess
from pathlib import Path

_REPORT = """
done = function(summary, latency, requests)
  local e = summary.errors
  local parts = '"requests": %d, "microseconds": %d, "p50": %d, "p99": %d'
  io.write(string.format('\\nJSON{' .. parts .. ', "status": %d, "other": %d}\\n',
    summary.requests, summary.duration, latency:percentile(50), latency:percentile(99),
    e.status, e.connect + e.read + e.write + e.timeout))
end
"""


def wrk(url: str, script: Path, *, connections: int, seconds: float, core: int) -> dict[str, float]:
    """One measurement of `POST /classify`: requests, microseconds, latencies in those, and errors.

    Args:
        url: of a server.
        script: what to ask for, in Lua.
        connections: how many ask at once, without a pause.
        seconds: how long.
        core: the one that wrk runs on.
    """
    whole = script.with_suffix(".whole.lua")
    whole.write_text(script.read_text() + _REPORT)
    done = subprocess.run(
        [
            *("taskset", "--cpu-list", str(core), "wrk", "--threads", "1"),
            *("--connections", str(connections), "--duration", f"{round(seconds)}s"),
            *("--script", str(whole), f"{url}/classify"),
        ],
        capture_output=True,
        text=True,
        check=True,
    )
    found = re.search(r"^JSON(.*)$", done.stdout, re.MULTILINE)
    if found is None:
        raise SystemExit(f"wrk printed:\n{done.stdout}")
    measured: dict[str, float] = json.loads(found[1])
    return measured
