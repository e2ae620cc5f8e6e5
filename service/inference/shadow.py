"""Shadowing: classifies the texts of a request with a second variant, after the response.

The metrics then show, on production traffic, what a compressed variant loses. Jobs wait in a short
queue for one thread. A job that finds the queue full is dropped and counted, so that shadowing
never delays a response.
"""

import logging
import queue
import threading
from collections.abc import Sequence
from dataclasses import dataclass, replace

from edgemood import Classifier, Prediction
from service.errors import error_location
from service.inference.agreement import comparison, score_distance
from service.observability import metrics
from service.observability.values import VALUES
from service.variants.repository import VariantRepository

logger = logging.getLogger(__name__)

CAPACITY = 64
"""Jobs that may wait."""
MAX_CHARACTERS = 256 * 1024
"""Of the texts of all jobs that wait."""
MAX_TEXTS_PER_JOB = 16
"""Texts beyond these are left out: a long batch would hold the interpreter lock for too long."""


@dataclass(frozen=True)
class ShadowJob:
    """A response, and the variant to compare it with."""

    variant: str
    """The variant that answered."""
    shadow: str
    """The second variant."""
    texts: Sequence[str]
    predictions: Sequence[Prediction]
    """One for each text, by the variant that answered."""

    @property
    def characters(self) -> int:
        """Of all texts."""
        return sum(map(len, self.texts))


class Shadow:
    """A queue of jobs and the thread that runs them; one for each worker."""

    def __init__(self, repository: VariantRepository, *, capacity: int = CAPACITY) -> None:
        """Begin with an empty queue; the first job starts the thread."""
        self._repository = repository
        self._jobs: queue.Queue[ShadowJob] = queue.Queue(capacity)
        self._characters, self._counting = 0, threading.Lock()
        self._thread: threading.Thread | None = None
        self._problem = ""

    def submit(self, job: ShadowJob) -> None:
        """Queue a job, or drop and count it if the queue is full; returns at once."""
        if not (self._has_thread() and self._queue(_without_surplus(job))):
            metrics.SHADOW.labels(job.variant, job.shadow, "dropped").inc()

    def _has_thread(self) -> bool:
        """Start the thread unless it runs; False if the system allows no more threads."""
        if self._thread is None:
            thread = threading.Thread(target=self._run, name="shadow", daemon=True)
            try:
                thread.start()
            except RuntimeError:
                return False
            self._thread = thread
        return True

    def _queue(self, job: ShadowJob) -> bool:
        """Queue a job; False if the queue has no room for it."""
        with self._counting:
            if self._characters + job.characters > MAX_CHARACTERS:
                return False
            try:
                self._jobs.put_nowait(job)
            except queue.Full:
                return False
            self._characters += job.characters
            return True

    def _take(self) -> ShadowJob:
        job = self._jobs.get()
        with self._counting:
            self._characters -= job.characters
        return job

    def join(self) -> None:
        """Wait until all queued jobs are done."""
        self._jobs.join()

    def _run(self) -> None:
        while True:
            job = self._take()
            try:
                _compare(job, self._repository.find(job.shadow).loaded_classifier)
                self._problem = ""
            except Exception as error:  # noqa: BLE001  # one failed job must not end the thread
                metrics.SHADOW.labels(job.variant, job.shadow, "failed").inc()
                self._report(f"shadow {job.shadow}: {error_location(error)}")
            finally:
                VALUES.flush()
                self._jobs.task_done()
                del job  # else its texts stay until the next one

    def _report(self, problem: str) -> None:
        """Log a problem once: a policy may name a shadow that does not exist."""
        if problem != self._problem:
            logger.error("%s", problem)
        self._problem = problem


def _without_surplus(job: ShadowJob) -> ShadowJob:
    """A job that keeps no texts beyond those that are compared."""
    return replace(
        job, texts=job.texts[:MAX_TEXTS_PER_JOB], predictions=job.predictions[:MAX_TEXTS_PER_JOB]
    )


def _compare(job: ShadowJob, classifier: Classifier) -> None:
    for own, other in zip(job.predictions, classifier.classify(job.texts), strict=True):
        metrics.SHADOW.labels(job.variant, job.shadow, comparison(own, other)).inc()
        distance = score_distance(own, other)
        metrics.SHADOW_DISTANCE.labels(job.variant, job.shadow).observe(distance)
