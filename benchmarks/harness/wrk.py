"""Run wrk and parse its report.

wrk is a closed-loop load generator: each connection sends its next request as soon as it has a
response. https://github.com/wg/wrk
"""

import json
import re
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

_POST = """
wrk.method = "POST"
wrk.headers["Content-Type"] = "application/json"
"""
_ONE_BODY = """
wrk.body = %s
"""
_MANY_BODIES = """
local bodies = {%s}
local i = 0
request = function()
  i = i %% #bodies + 1
  return wrk.format(nil, nil, nil, bodies[i])
end
"""
_REPORT = """
done = function(summary, latency, requests)
  local e = summary.errors
  local parts = '"requests": %d, "duration_us": %d, "p50_us": %d, "p99_us": %d, '
  io.write(string.format('\\nJSON{' .. parts .. '"status_errors": %d, "socket_errors": %d}\\n',
    summary.requests, summary.duration, latency:percentile(50), latency:percentile(99),
    e.status, e.connect + e.read + e.write + e.timeout))
end
"""


class WrkError(Exception):
    """wrk printed no report; the message holds what it printed."""


@dataclass(frozen=True)
class WrkReport:
    """One run of wrk. Latencies include those of failed requests."""

    requests: int
    duration_us: int
    p50_us: int
    p99_us: int
    status_errors: int
    """Responses with a status of 400 or above."""
    socket_errors: int
    """Failed connects, reads and writes, and timeouts."""

    @property
    def requests_per_s(self) -> float:
        return self.requests / self.duration_us * 1e6

    @property
    def errors(self) -> int:
        return self.status_errors + self.socket_errors


def run_wrk(
    url: str, bodies: Sequence[str], *, connections: int, seconds: float, core: int
) -> WrkReport:
    """Send `POST url` for some seconds from one thread.

    Args:
        url: of the endpoint.
        bodies: JSON bodies, sent in rotation.
        connections: the number of concurrent requests.
        seconds: the duration; wrk takes whole seconds, at least one.
        core: the processor core that wrk runs on.

    Raises:
        WrkError: the output holds no report.
    """
    with tempfile.TemporaryDirectory(prefix="edgemood-wrk-") as folder:
        script = Path(folder) / "post.lua"
        script.write_text(lua_script(bodies), encoding="utf-8")
        done = subprocess.run(
            [
                *("taskset", "--cpu-list", str(core), "wrk", "--threads", "1"),
                *("--connections", str(connections), "--duration", f"{max(1, round(seconds))}s"),
                *("--script", str(script), url),
            ],
            capture_output=True,
            text=True,
            check=True,
        )
    return parse_report(done.stdout)


def lua_script(bodies: Sequence[str]) -> str:
    """The wrk script that posts these bodies and reports as JSON."""
    quoted = [f"[==[{body}]==]" for body in bodies]
    requests = _ONE_BODY % quoted[0] if len(quoted) == 1 else _MANY_BODIES % ", ".join(quoted)
    return _POST + requests + _REPORT


def parse_report(output: str) -> WrkReport:
    """The report in what wrk printed.

    Raises:
        WrkError: there is none.
    """
    found = re.search(r"^JSON(.*)$", output, re.MULTILINE)
    if found is None:
        raise WrkError(f"wrk printed no report:\n{output}")
    return WrkReport(**json.loads(found[1]))
