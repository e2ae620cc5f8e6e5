"""How many threads torch computes with.

Sums over several threads come out in another order than over one, so weights would depend on how
many cores a machine has. Small networks hardly gain from a second thread; large ones do.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager

import torch


@contextmanager
def one_thread() -> Iterator[None]:
    """For small networks: the same weights on machines with other numbers of cores."""
    with _threads(1):
        yield


@contextmanager
def all_threads() -> Iterator[None]:
    """For transformers, which take long enough."""
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
