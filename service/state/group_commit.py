"""Lets threads share one write: whoever waits while another writes is written with the next one."""

import threading
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


class _Entry(Generic[Item, Result]):
    """What one thread waits for."""

    def __init__(self, item: Item) -> None:
        self.item = item
        self.outcome: Result | Exception | None = None
        self.is_done = False


class GroupCommit(Generic[Item, Result]):
    """Collects items while a write runs, which on a disk takes milliseconds."""

    def __init__(self, write: Callable[[Sequence[Item]], Sequence[Result | Exception]]) -> None:
        """Store what writes.

        Args:
            write: writes items and returns a result for each, or an exception for one that is
                refused by itself. If it raises, no item counts as written.
        """
        self._write = write
        self._waiting: list[_Entry[Item, Result]] = []
        self._queue, self._writing = threading.Lock(), threading.Lock()

    def submit(self, item: Item) -> Result:
        """Return when the item has been written.

        Raises:
            Exception: the one for this item, or any that `write` raises.
        """
        entry: _Entry[Item, Result] = _Entry(item)
        with self._queue:
            self._waiting.append(entry)
        with self._writing:
            if not entry.is_done:
                self._write_waiting()
        outcome = entry.outcome
        if not isinstance(outcome, Exception):
            return outcome  # type: ignore[return-value]  # a result: it is done
        try:
            raise outcome
        finally:
            del entry, outcome  # else the error, its frames and the entry keep each other in memory

    def _write_waiting(self) -> None:
        with self._queue:
            batch, self._waiting = self._waiting, []
        outcomes: Sequence[Result | Exception]
        try:
            outcomes = self._write([entry.item for entry in batch])
        except Exception as error:  # noqa: BLE001  # raised again in the thread of each item
            outcomes = [error] * len(batch)
        for entry, outcome in zip(batch, outcomes, strict=True):
            entry.outcome, entry.is_done = outcome, True
        batch.clear()  # for the same reason
        del outcomes, outcome, entry
