"""Measures the time that a text takes through `edgemood`, from characters to scores.

Machines are noisy, so every round times all variants, one after the other. Times are medians over
rounds; a speed-up is the median of the rounds' ratios.
"""

import os
import platform
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np
from tqdm import tqdm

from compression.evaluation.figures import Record
from edgemood import Classifier

ROUNDS = 9
TEXTS = 256
BATCH = 32

Clock = Callable[[], float]
Round = dict[str, float]
"""Seconds for each text, by variant."""


class Timing(Record):
    """Speed of one variant."""

    alone_us: float
    """Microseconds for each text, one text a call."""
    batched_us: float
    """Microseconds for each text, `BATCH` texts a call."""
    alone_speedup: float
    """Time of the reference over the variant's."""
    batched_speedup: float


class Conditions(Record):
    """Machine and settings of the measurement."""

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
    """Time variants, interleaved.

    Args:
        classifiers: by name.
        texts: the first `TEXTS` are used.
        reference: the variant that speed-ups refer to.
        clock: in seconds.
    """
    texts = texts[:TEXTS]
    for classifier in classifiers.values():
        classifier.scores(texts)  # warm up: map pages, expand layers
    alone, batched = [], []
    for _ in tqdm(range(ROUNDS), desc="timing", leave=False, disable=None):
        alone.append(_time_each(classifiers, texts, 1, clock))
        batched.append(_time_each(classifiers, texts, BATCH, clock))
    return {
        name: Timing(
            alone_us=_median_us(alone, name),
            batched_us=_median_us(batched, name),
            alone_speedup=_speedup(alone, name, reference),
            batched_speedup=_speedup(batched, name, reference),
        )
        for name in classifiers
    }


def _time_each(
    classifiers: Mapping[str, Classifier], texts: Sequence[str], batch: int, clock: Clock
) -> Round:
    return {
        name: _seconds(classifier, texts, batch, clock) / len(texts)
        for name, classifier in classifiers.items()
    }


def _median_us(rounds: Sequence[Round], name: str) -> float:
    return statistics.median(seconds[name] for seconds in rounds) * 1e6


def _speedup(rounds: Sequence[Round], name: str, reference: str) -> float:
    # A clock may be too coarse for a fast variant.
    return statistics.median(seconds[reference] / max(seconds[name], 1e-12) for seconds in rounds)


def conditions(texts: int) -> Conditions:
    """This machine, and the settings of the measurement.

    Args:
        texts: number of texts that are offered; at most `TEXTS` are used.
    """
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
