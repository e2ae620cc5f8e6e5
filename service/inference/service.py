"""From request to answer: assignment, classifier, response. Knows no web framework."""

import logging
from collections.abc import Mapping
from typing import Any, NamedTuple

from pydantic_core import to_json

from edgemood import Classifier, Prediction
from service.errors import InternalError, UnavailableError, UnknownVariantError, place
from service.inference.receipts import Receipts
from service.inference.shadow import ShadowJob
from service.observability import metrics
from service.observability.metrics import Stage, Stopwatch
from service.routing.policy_store import PolicyStore
from service.schemas import (
    SCORE_DIGITS,
    Assignment,
    ClassifyRequest,
    ClassifyResponse,
    Compared,
    CompareRequest,
    CompareResponse,
)
from service.variants.repository import VariantRepository
from service.variants.variant import Variant

logger = logging.getLogger(__name__)


class Answer(NamedTuple):
    """A response, and the times it took."""

    content: Mapping[str, Any]
    """What `ClassifyResponse` has, in its order."""
    seconds: Mapping[Stage, float]
    """Time in each stage of the variant that answered."""
    shadow: ShadowJob | None = None
    """What is to be done once the response has gone out."""

    @property
    def variant(self) -> str:
        """Which answered."""
        return str(self.content["variant"])

    @property
    def response(self) -> ClassifyResponse:
        """The content as a model of its own."""
        return ClassifyResponse.model_validate(self.content)

    def body(self) -> bytes:
        """The content as JSON: the bytes of `response`, without the time it takes to make one."""
        return to_json(self.content)


class Desk:
    """Where requests are answered: one for each worker."""

    def __init__(
        self, repository: VariantRepository, policy: PolicyStore, receipts: Receipts
    ) -> None:
        self._repository, self._policy, self._receipts = repository, policy, receipts

    def answer(self, request: ClassifyRequest, *, request_id: str) -> Answer:
        """Classify the texts of a request.

        Args:
            request: a request that is valid by itself.
            request_id: stands in for the key where the request has none.

        Raises:
            UnknownVariantError: the request names a variant that does not exist.
            UnavailableError: nobody can answer: the named variant, or chosen one and reference.
            InternalError: the named variant failed, or the reference did.
        """
        self._repository.apply_load_state()
        if request.variant is not None:
            return self._try(request.variant, "requested", request, request_id)
        policy = self._policy.current()
        key = request.key if request.key is not None else request_id
        chosen, shadow = policy.assign(key), policy.shadow_for(key)
        try:
            return self._try(chosen, "split", request, request_id, shadow=shadow)
        except (UnknownVariantError, UnavailableError, InternalError):
            if chosen == policy.reference:
                raise
            return self._try(policy.reference, "fallback", request, request_id, shadow=shadow)

    def compare(self, request: CompareRequest, *, request_id: str) -> CompareResponse:
        """Run one text through every loaded variant; it counts as no request in the metrics.

        Args:
            request: a request that is valid by itself.
            request_id: goes into the answer.

        Raises:
            UnavailableError: no variant is loaded, or none could answer.
        """
        self._repository.refresh()
        found: dict[str, tuple[Variant, Prediction, float]] = {}
        failed = []
        for name, variant in self._repository.variants.items():
            if variant.classifier is None:
                continue
            stopwatch = Stopwatch()
            try:
                (prediction,) = _run(variant.classifier, [request.text], stopwatch)
            except Exception as error:  # noqa: BLE001  # the others may do better
                logger.error("request %s: variant %s: %s", request_id, name, place(error))
                failed.append(name)
            else:
                found[name] = variant, prediction, stopwatch.total
        if not found:
            raise UnavailableError("no variant could answer")
        wanted = self._policy.current().reference
        reference = wanted if wanted in found else next(iter(found))
        _, beside, _ = found[reference]
        return CompareResponse(
            request_id=request_id,
            reference=reference,
            results=[_compared(*of_variant, beside=beside) for of_variant in found.values()],
            failed=failed,
        )

    def _try(
        self,
        name: str,
        assignment: Assignment,
        request: ClassifyRequest,
        request_id: str,
        *,
        shadow: str | None = None,
    ) -> Answer:
        stopwatch = Stopwatch()
        try:
            variant = self._repository.find(name)  # once: another thread may replace it
            classifier = variant.loaded_classifier
        except UnavailableError:
            metrics.REQUESTS.labels(name, assignment, "server_error").inc()
            raise
        try:
            predictions = _run(classifier, request.all_texts, stopwatch)
        except Exception as error:  # noqa: BLE001  # whatever it is, the reference may do better
            metrics.REQUESTS.labels(name, assignment, "server_error").inc()
            # Type and place only: the message of an error may quote the text.
            logger.error("request %s: variant %s: %s", request_id, name, place(error))
            raise InternalError from None
        _count(name, assignment, predictions, stopwatch)
        given = [prediction.labels for prediction in predictions]
        content = {
            "request_id": request_id,
            "variant": name,
            "assignment": assignment,
            "results": [_result(prediction) for prediction in predictions],
            "receipt": self._receipts.issue(name, variant.sha256 or "", classifier.labels, given),
        }
        if shadow is None or shadow == name:
            return Answer(content, stopwatch.seconds)
        job = ShadowJob(
            variant=name, shadow=shadow, texts=request.all_texts, predictions=predictions
        )
        return Answer(content, stopwatch.seconds, job)


def _run(classifier: Classifier, texts: list[str], stopwatch: Stopwatch) -> list[Prediction]:
    batch = classifier.encode(texts)
    stopwatch.lap("tokenize")
    predictions = classifier.predictions(classifier.infer(batch))
    stopwatch.lap("infer")
    return predictions


def _count(
    name: str, assignment: Assignment, predictions: list[Prediction], stopwatch: Stopwatch
) -> None:
    metrics.counter(metrics.REQUESTS, name, assignment, "ok").inc()
    metrics.counter(metrics.TEXTS, name).inc(len(predictions))
    for stage, seconds in stopwatch.seconds.items():
        metrics.histogram(metrics.STAGE_SECONDS, name, stage).observe(seconds)
    for prediction in predictions:
        for label in prediction.labels:
            metrics.counter(metrics.PREDICTIONS, name, label).inc()


def _result(prediction: Prediction) -> dict[str, Any]:
    """What `Result` has, in its order."""
    scores = {label: round(score, SCORE_DIGITS) for label, score in prediction.scores.items()}
    return {"labels": list(prediction.labels), "scores": scores}


def _compared(
    variant: Variant, prediction: Prediction, seconds: float, *, beside: Prediction
) -> Compared:
    return Compared(
        **_result(prediction),
        variant=variant.name,
        microseconds=round(seconds * 1e6, 1),
        file_bytes=variant.file_bytes,
        resident_bytes=sum(variant.loaded_classifier.resident_bytes.values()),
        agreement=agreement(prediction, beside),
    )


def agreement(one: Prediction, other: Prediction) -> float:
    """Share of labels, out of all that either knows, that both give or both leave."""
    labels = one.scores.keys() | other.scores.keys()
    return 1 - len(set(one.labels) ^ set(other.labels)) / len(labels)
