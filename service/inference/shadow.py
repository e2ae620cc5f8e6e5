"""The same texts through a second variant, after the answer has gone out.

So one sees in production what compression loses, on the texts that really come. The work waits in a
short queue for a thread of its own; what does not fit is dropped and counted, since no answer is to
wait for it.
"""

import logging
import queue
import threading
from collections.abc import Sequence
from dataclasses import dataclass

from edgemood import Classifier, Prediction
from service.errors import place
from service.observability import metrics
from service.variants.repository import VariantRepository

logger = logging.getLogger(__name__)

CAPACITY = 64
"""Requests that may wait."""
MAX_TEXTS_PER_JOB = 16
"""Of one request; a long batch would hold the interpreter too long at a time."""


@dataclass(frozen=True)
class ShadowJob:
    """An answer that is to be compared."""

    variant: str
    """Which answered."""
    shadow: str
    """Which is to be asked, too."""
    texts: Sequence[str]
    predictions: Sequence[Prediction]


class Shadow:
    """One queue and one thread for each worker."""

    def __init__(self, repository: VariantRepository, *, capacity: int = CAPACITY) -> None:
        """Begin with an empty queue; the thread starts with the first job."""
        self._repository = repository
        self._jobs: queue.Queue[ShadowJob] = queue.Queue(capacity)
        self._thread: threading.Thread | None = None

    def submit(self, job: ShadowJob) -> None:
        """Take a job, or drop it where too many wait; returns at once."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._work, name="shadow", daemon=True)
            self._thread.start()
        try:
            self._jobs.put_nowait(job)
        except queue.Full:
            metrics.SHADOW.labels(job.variant, job.shadow, "dropped").inc()

    def wait(self) -> None:
        """Until everything that was taken is done; for tests and for an orderly end."""
        self._jobs.join()

    def _work(self) -> None:
        while True:
            job = self._jobs.get()
            try:
                _compare(job, self._repository.find(job.shadow).loaded_classifier)
            except Exception as error:  # noqa: BLE001  # nobody waits for it
                metrics.SHADOW.labels(job.variant, job.shadow, "failed").inc()
                logger.error("shadow %s: %s", job.shadow, place(error))
            finally:
                self._jobs.task_done()


def _compare(job: ShadowJob, classifier: Classifier) -> None:
    texts, answered = job.texts[:MAX_TEXTS_PER_JOB], job.predictions[:MAX_TEXTS_PER_JOB]
    for mine, theirs in zip(answered, classifier.classify(texts), strict=True):
        same = set(mine.labels) == set(theirs.labels)
        metrics.SHADOW.labels(job.variant, job.shadow, "agree" if same else "disagree").inc()
        metrics.SHADOW_DISTANCE.labels(job.variant, job.shadow).observe(distance(mine, theirs))


def distance(one: Prediction, other: Prediction) -> float:
    """The largest difference between two scores of one label; a missing score counts as 0."""
    labels = one.scores.keys() | other.scores.keys()
    return max(abs(one.scores.get(label, 0) - other.scores.get(label, 0)) for label in labels)
