"""Ten times as many callers as the service holds: what those see who are let in, and when it ends.

`make overload` runs it. Callers keep one connection each and ask without a pause: who is refused
comes back at once, whatever `Retry-After` says, as the worst of clients do. First one caller alone,
then as many as the cap, then ten times as many, then one alone again. The server has one core, the
callers another.
"""

import asyncio
import json
import os
import statistics
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

from benchmarks.harness.pages import conditions, parser_of, write
from benchmarks.harness.server import ROOT, run_service

TIMES = 10
CAPS = (1, 4, 64)
"""From one that lets nobody wait to the service's own default."""
TEXT = "I really did not see that coming, what a lovely surprise from all of you!"
RECOVERED_WITHIN_S = 1.0
IN_A_ROW = 50
"""So many answers within three times the usual p99 make the usual again."""


class Seen(NamedTuple):
    """One answer."""

    at: float
    """When it came, by `time.perf_counter`."""
    seconds: float
    status: int
    retry_after: bool


@dataclass
class Caller(asyncio.Protocol):
    """One connection that asks again as soon as it has an answer."""

    request: bytes
    seen: list[Seen]
    until: float
    ended: asyncio.Future[None]
    _transport: asyncio.Transport = field(init=False)
    _sent: float = 0.0
    _received: bytes = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._ask()

    def _ask(self) -> None:
        self._received, self._sent = b"", time.perf_counter()
        self._transport.write(self.request)

    def data_received(self, data: bytes) -> None:
        self._received += data
        head, complete, body = self._received.partition(b"\r\n\r\n")
        if not complete:
            return
        lines = head.lower().split(b"\r\n")
        fields = dict(line.split(b": ", 1) for line in lines[1:])
        if len(body) < int(fields[b"content-length"]):
            return
        now = time.perf_counter()
        status = int(lines[0].split()[1])
        self.seen.append(Seen(now, now - self._sent, status, b"retry-after" in fields))
        if now < self.until:
            self._ask()
        else:
            self._transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.ended.done():
            self.ended.set_result(None)


def main() -> int:
    """Measure, print and write; exit with 1 where something was not as it should be."""
    parser = parser_of(__doc__, name="overload")
    parser.add_argument("--seconds", type=float, default=20, help="of each phase")
    options = parser.parse_args()
    cores = sorted(os.sched_getaffinity(0))
    os.sched_setaffinity(0, {cores[-1]})
    found = []
    for cap in CAPS:
        environment = {
            "EMOTION_VARIANTS": str(ROOT / "variants"),
            "EMOTION_MAX_CONCURRENCY": str(cap),
        }
        with (
            tempfile.TemporaryDirectory(prefix="edgemood-overload-") as folder,
            run_service(
                Path(folder), python=options.python, environment=environment, core=cores[0]
            ) as server,
        ):
            found.append(measured(server.url, cap, options.seconds))
    results = {
        "conditions": conditions(len(cores), seconds=options.seconds, text_characters=len(TEXT)),
        "caps": found,
    }
    write(results, table, folder=options.out, name="overload")
    return 0 if all(part["orderly"] for part in found) else 1


def measured(url: str, cap: int, seconds: float) -> dict:
    """All phases for one cap."""
    asyncio.run(phase(url, 1, 2))  # warm
    alone = asyncio.run(phase(url, 1, seconds))
    full = asyncio.run(phase(url, cap, seconds))
    over = asyncio.run(phase(url, TIMES * cap, seconds))
    ended = time.perf_counter()
    after = asyncio.run(phase(url, 1, 5))
    usual = 3 * percentile(latencies(alone), 99)
    recovered_s = recovered(after, usual) - ended
    statuses = Counter(answer.status for answer in over)
    return {
        "cap": cap,
        "alone": figures(alone),
        "full": figures(full),
        "over": figures(over),
        "statuses": dict(statuses),
        "refused_without_retry_after": sum(a.status == 429 and not a.retry_after for a in over),
        "recovered_s": recovered_s,
        "orderly": set(statuses) <= {200, 429}
        and not any(a.status == 429 and not a.retry_after for a in over)
        and recovered_s <= RECOVERED_WITHIN_S,
    }


def recovered(seen: list[Seen], usual: float) -> float:
    """When the first of many good answers in a row came."""
    good = [answer.status == 200 and answer.seconds <= usual for answer in seen]
    for i, answer in enumerate(seen):
        if all(good[i : i + IN_A_ROW]):
            return answer.at
    return seen[-1].at


async def phase(url: str, callers: int, seconds: float) -> list[Seen]:
    """So many callers for so long."""
    target = urlsplit(url)
    body = json.dumps({"text": TEXT}).encode()
    request = (
        f"POST /classify HTTP/1.1\r\nHost: {target.netloc}\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    ).encode() + body
    loop, seen = asyncio.get_running_loop(), []
    until = time.perf_counter() + seconds
    ends = [loop.create_future() for _ in range(callers)]
    for ended in ends:
        await loop.create_connection(
            lambda ended=ended: Caller(request, seen, until, ended), target.hostname, target.port
        )
    await asyncio.wait_for(asyncio.gather(*ends), seconds + 60)
    return seen


def latencies(seen: list[Seen]) -> list[float]:
    """Of those who were let in."""
    return [answer.seconds for answer in seen if answer.status == 200]


def percentile(values: list[float], percent: int) -> float:
    """Of at least two values."""
    return statistics.quantiles(values, n=100, method="inclusive")[percent - 1]


def figures(seen: list[Seen]) -> dict[str, float]:
    """Answers and latencies of those who were let in."""
    let_in = latencies(seen)
    span = max(a.at for a in seen) - min(a.at - a.seconds for a in seen)
    return {
        "answers_per_s": len(seen) / span,
        "let_in_per_s": len(let_in) / span,
        "p50_ms": percentile(let_in, 50) * 1000,
        "p99_ms": percentile(let_in, 99) * 1000,
    }


def table(results: dict) -> Iterator[str]:
    """The page."""
    c = results["conditions"]
    yield "# Ten times as many callers as the service holds"
    yield ""
    yield (
        f"`POST /classify` with one text of {c['text_characters']} characters, one worker; callers"
        f" ask without a pause and come back at once when refused. {c['seconds']:g} s a phase;"
        f" {c['cpu']}, {c['cores']} cores, server and callers on one each, Python {c['python']}."
    )
    yield ""
    yield "| cap | callers | let in/s | refused/s | p50 | p99 | p99 beside one caller's |"
    yield "|---:|---:|---:|---:|---:|---:|---:|"
    for part in results["caps"]:
        cap, alone = part["cap"], part["alone"]["p99_ms"]
        for callers, name in ((1, "alone"), (cap, "full"), (TIMES * cap, "over")):
            f = part[name]
            yield (
                f"| {cap} | {callers} | {f['let_in_per_s']:,.0f}"
                f" | {f['answers_per_s'] - f['let_in_per_s']:,.0f} | {f['p50_ms']:.2f} ms"
                f" | {f['p99_ms']:.2f} ms | {f['p99_ms'] / alone:.1f} |"
            )
    yield ""
    for part in results["caps"]:
        answers = ", ".join(f"{n:,} × {status}" for status, n in sorted(part["statuses"].items()))
        yield (
            f"* Cap {part['cap']}, ten times over: {answers};"
            f" {part['refused_without_retry_after']} refusals without `Retry-After`. Afterwards one"
            f" caller had its usual answers after {part['recovered_s'] * 1000:.0f} ms."
        )


if __name__ == "__main__":
    sys.exit(main())
