"""A caller of a running server that never stops, to notice every outage and every wrong answer."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.client import HTTPException

from tests.system.calls import post_once


class Caller:
    """Classifies over and over, each time on a new connection, and remembers how it went."""

    def __init__(self, url: str) -> None:
        self._url, self._stop = url, threading.Event()
        self.statuses: set[int] = set()
        self.labels: set[str] = set()
        self.lost, self.longest_s = 0, 0.0
        self._thread = threading.Thread(target=self._run)

    def _run(self) -> None:
        while not self._stop.is_set():
            start = time.monotonic()
            try:
                status, answer = post_once(f"{self._url}/classify", {"text": "happy"})
                self.statuses.add(status)
                if status == 200:
                    self.labels.update(answer["results"][0]["labels"])
            except (OSError, HTTPException):
                self.lost += 1
            self.longest_s = max(self.longest_s, time.monotonic() - start)

    @contextmanager
    def calling(self) -> Iterator[None]:
        self._thread.start()
        try:
            yield
        finally:
            self._stop.set()
            self._thread.join()


def wait_for(condition: Callable[[], bool], seconds: float = 20.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)
