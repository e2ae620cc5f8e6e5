"""When memory is given back."""

import gc

import pytest

from service.allocator import WORTH_BYTES, Allocator, Heap, find_heap


def test_it_gives_back_what_became_free_since_the_last_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(gc, "collect", lambda: 0)  # slow among so many tests
    free, trims = 0, 0

    def trim() -> None:
        nonlocal trims
        trims += 1

    allocator = Allocator(Heap(lambda: free, trim))
    # Free memory in units that are worth giving back, and how often that was done by then. Given
    # back pages count as free, so only growth beyond the least of late matters.
    for units, expected in ((0.9, 0), (1.0, 1), (1.9, 1), (2.0, 2), (0.5, 2), (1.4, 2), (1.5, 3)):
        free = int(units * WORTH_BYTES)
        allocator.give_back()
        assert trims == expected, units


def test_a_system_without_statistics_is_left_alone() -> None:
    Allocator(None).give_back()


def test_the_library_that_there_is() -> None:
    heap = find_heap()
    if heap is not None:
        before = heap.free_bytes()
        kept = [bytes(100_000) for _ in range(100)]
        del kept
        assert heap.free_bytes() >= 0
        assert before >= 0
        heap.trim()
