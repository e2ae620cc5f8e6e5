"""How long a text takes through `edgemood`, from its characters to its scores.

Machines are noisy, so variants take turns: each round times all of them, one after the other, and
what is given is the median over rounds. A speed-up is the median of the rounds' ratios.
"""

import os
import platform
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np
from pydantic import BaseModel, ConfigDict
from tqdm import tqdm

from edgemood import Classifier

ROUNDS = 9
TEXTS = 256
BATCH = 32

Clock = Callable[[], float]


class Timing(BaseModel):
    """One variant beside the one it is compared with."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    alone_us: float
    """Microseconds a text, one at a time."""
    batched_us: float
    """Microseconds a text, `BATCH` at a time."""
    alone_speedup: float
    """Time of the reference over this one's."""
    batched_speedup: float


class Conditions(BaseModel):
    """Where and how it was timed."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    processor: str
    cores: int
    numpy: str
    python: str
    rounds: int = ROUNDS
    texts: int
    batch: int = BATCH


def time_all(
    classifiers: Mapping[str, Classifier],
    texts: Sequence[str],
    *,
    reference: str,
    clock: Clock = time.perf_counter,
) -> dict[str, Timing]:
    """Time variants in turns.

    Args:
        classifiers: by name.
        texts: the first `TEXTS` of them are used.
        reference: the variant that speed-ups refer to.
        clock: seconds.
    """
    texts = texts[:TEXTS]
    ways = {"alone": 1, "batched": BATCH}
    spent: dict[str, dict[str, list[float]]] = {
        way: {name: [] for name in classifiers} for way in ways
    }
    for classifier in classifiers.values():
        classifier.scores(texts)  # warm: pages mapped, layers expanded
    for _ in tqdm(range(ROUNDS), desc="timing", leave=False, disable=None):
        for way, batch in ways.items():
            for name, classifier in classifiers.items():
                spent[way][name].append(_seconds(classifier, texts, batch, clock) / len(texts))
    found = {}
    for name in classifiers:
        figures = {}
        for way in ways:
            own, base = spent[way][name], spent[way][reference]
            figures[f"{way}_us"] = statistics.median(own) * 1e6
            ratios = [b / max(o, 1e-12) for o, b in zip(own, base, strict=True)]
            figures[f"{way}_speedup"] = statistics.median(ratios)
        found[name] = Timing(**figures)
    return found


def conditions(texts: int) -> Conditions:
    """This machine, and how many of so many texts are used."""
    return Conditions(
        processor=_processor(),
        cores=os.cpu_count() or 1,
        numpy=np.__version__,
        python=platform.python_version(),
        texts=min(texts, TEXTS),
    )


def _seconds(classifier: Classifier, texts: Sequence[str], batch: int, clock: Clock) -> float:
    start = clock()
    for first in range(0, len(texts), batch):
        classifier.scores(texts[first : first + batch])
    return clock() - start


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()
