"""The number of threads that torch uses.

The number of threads changes the order of floating-point sums. With one thread, trained weights do
not depend on the number of cores. Small networks hardly gain from a second thread; transformers do.
"""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import torch


@contextmanager
def one_thread() -> Iterator[None]:
    """For small networks: the same weights on machines with any number of cores."""
    with _threads(1):
        yield


@contextmanager
def all_threads() -> Iterator[None]:
    """For transformers: as many as this process may use processors."""
    with _threads(_usable_processors()):
        yield


@contextmanager
def _threads(number: int) -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(number)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def _usable_processors() -> int:
    # A container or taskset may allow fewer than the machine has. Linux alone tells.
    return len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1
