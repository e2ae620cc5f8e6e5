"""Another caller: makes small calls during an attack, each on a new connection, and times them."""

import http.client
import statistics
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from benchmarks.attacks.connections import Target
from benchmarks.harness.workload import BODY

INTERVAL_S = 0.02
TIMEOUT_S = 10.0
JSON = {"Content-Type": "application/json"}


@dataclass
class Calls:
    """The calls of one kind."""

    seconds: list[float] = field(default_factory=list)
    outcomes: Counter[str] = field(default_factory=Counter)
    """Status, or name of an error -> calls."""

    def summary(self) -> dict[str, object]:
        """Number, outcomes, median and p99."""
        return {
            "calls": len(self.seconds),
            "outcomes": dict(self.outcomes),
            "p50_ms": statistics.median(self.seconds) * 1000,
            "p99_ms": statistics.quantiles(self.seconds, n=100, method="inclusive")[98] * 1000,
        }


def call(target: Target, method: str, path: str, body: str | None = None) -> str:
    """One call on a new connection; its status, or the name of an error."""
    connection = http.client.HTTPConnection(*target, timeout=TIMEOUT_S)
    try:
        connection.request(method, path, body, JSON if body else {})
        response = connection.getresponse()
        response.read()
        return str(response.status)
    except (OSError, http.client.HTTPException) as error:
        return type(error).__name__
    finally:
        connection.close()


def classify(target: Target) -> str:
    """One small call of /classify."""
    return call(target, "POST", "/classify", BODY)


@contextmanager
def bystander(target: Target) -> Iterator[dict[str, Calls]]:
    """Call /livez and /classify until the block ends."""
    found = {"livez": Calls(), "classify": Calls()}
    stop = threading.Event()

    def run(name: str) -> None:
        while not stop.is_set():
            start = time.perf_counter()
            outcome = classify(target) if name == "classify" else call(target, "GET", "/livez")
            found[name].seconds.append(time.perf_counter() - start)
            found[name].outcomes[outcome] += 1
            stop.wait(INTERVAL_S)

    threads = [threading.Thread(target=run, args=(name,)) for name in found]
    for thread in threads:
        thread.start()
    try:
        yield found
    finally:
        stop.set()
        for thread in threads:
            thread.join()
