"""Threads that share a write."""

import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest

from service.state.group_commit import GroupCommit


def test_one_thread_gets_its_own_result_or_error() -> None:
    def write(items: Sequence[int]) -> list[int | Exception]:
        return [10 * item if item else ValueError("zero") for item in items]

    commit = GroupCommit(write)
    assert commit.submit(3) == 30
    with pytest.raises(ValueError, match="zero"):
        commit.submit(0)
    assert commit.submit(4) == 40


def test_those_who_wait_are_written_together_and_each_gets_its_own() -> None:
    first, go, batches = threading.Event(), threading.Event(), []

    def write(items: Sequence[int]) -> list[int | Exception]:
        batches.append(sorted(items))
        first.set()
        assert go.wait(10)
        return [KeyError(item) if item == 5 else -item for item in items]

    commit = GroupCommit(write)
    with ThreadPoolExecutor(7) as pool:
        futures = [pool.submit(commit.submit, 0)]
        assert first.wait(10)
        futures += [pool.submit(commit.submit, item) for item in range(1, 7)]
        while len(commit._waiting) < 6:
            pass
        go.set()
    assert batches == [[0], [1, 2, 3, 4, 5, 6]]
    assert [f.result() for f in futures if not f.exception()] == [0, -1, -2, -3, -4, -6]
    assert isinstance(futures[5].exception(), KeyError)


def test_a_write_that_fails_fails_for_all_of_it_and_not_for_the_next() -> None:
    outcomes = iter([OSError("full"), None])

    def write(items: Sequence[str]) -> list[str | Exception]:
        if error := next(outcomes):
            raise error
        return list(items)

    commit = GroupCommit(write)
    with pytest.raises(OSError, match="full"):
        commit.submit("a")
    assert commit.submit("b") == "b"
