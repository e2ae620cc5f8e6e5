"""The number of threads that torch uses.

The number of threads changes the order of floating-point sums. With one thread, trained weights do
not depend on the number of cores. Small networks hardly gain from a second thread; transformers do.
"""

import os
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
    """For transformers: as fast as possible."""
    with _threads(os.cpu_count() or 1):
        yield


@contextmanager
def _threads(number: int) -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(number)
    try:
        yield
    finally:
        torch.set_num_threads(before)
