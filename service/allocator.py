"""Returns the memory of a burst of requests to the system.

The C library keeps freed memory for later. After a burst of large requests that can be tens of
megabytes, which a small device misses.
"""

import ctypes
import gc
from collections.abc import Callable
from typing import NamedTuple

WORTH_BYTES = 2 * 1024 * 1024
"""Memory is returned once this much has become free since the last time."""


class _Statistics(ctypes.Structure):
    """`struct mallinfo2` of the GNU C library."""

    _fields_ = [
        (name, ctypes.c_size_t)
        for name in (
            *("arena", "ordblks", "smblks", "hblks", "hblkhd"),
            *("usmblks", "fsmblks", "uordblks", "fordblks", "keepcost"),
        )
    ]


class Heap(NamedTuple):
    """The allocator of a C library."""

    free_bytes: Callable[[], int]
    """Returns what the allocator keeps for later, including pages that it has returned."""
    trim: Callable[[], None]
    """Returns unused pages to the system."""


def find_heap() -> Heap | None:
    """The GNU C library's; None with another library, which returns memory by itself or cannot."""
    library = ctypes.CDLL(None)
    try:
        statistics, trim = library.mallinfo2, library.malloc_trim
    except AttributeError:
        return None
    statistics.restype = _Statistics

    def free_bytes() -> int:
        return int(statistics().fordblks)

    def give_back() -> None:
        trim(ctypes.c_size_t(0))

    return Heap(free_bytes, give_back)


class Allocator:
    """Returns freed memory to the system."""

    def __init__(self, heap: Heap | None) -> None:
        """Begin with no memory freed.

        Args:
            heap: the allocator; None if it cannot be asked.
        """
        self._heap = heap
        self._free_before = 0

    def give_back(self) -> None:
        """Return freed memory if there is enough of it; to be called every now and then."""
        if self._heap is None:
            return
        free = self._heap.free_bytes()
        self._free_before = min(self._free_before, free)
        if free - self._free_before >= WORTH_BYTES:
            gc.collect()  # a worker collects rarely by itself (service/app.py)
            self._heap.trim()
            self._free_before = self._heap.free_bytes()
