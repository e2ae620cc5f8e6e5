"""From request to response: assignment, inference, receipt. Imports no web framework."""

import logging
import random
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from edgemood import Classifier, Prediction
from edgemood.arrays import Float32
from service.errors import (
    NO_FAULT_OF_A_VARIANT,
    InternalError,
    NoVariantError,
    OutOfResourcesError,
    ServiceError,
    UnavailableError,
    UnknownVariantError,
    error_location,
)
from service.inference.agreement import agreement
from service.inference.receipts import Receipts
from service.inference.shadow import ShadowJob
from service.inference.work_budget import UNBOUNDED, WorkBudget
from service.observability.metrics import Stage
from service.observability.request_metrics import count_attempt, count_unanswered
from service.observability.stopwatch import Stopwatch
from service.routing.policy_store import PolicyStore
from service.schemas import (
    SCORE_DIGITS,
    Assignment,
    ClassifyRequest,
    ClassifyResponse,
    Compared,
    CompareRequest,
    CompareResponse,
    Result,
    SureCompared,
    SureResult,
)
from service.variants.repository import VariantRepository
from service.variants.variant import Variant

logger = logging.getLogger(__name__)


class Outcome(NamedTuple):
    """A response, its timings, and the work that follows it."""

    response: ClassifyResponse
    stage_seconds: dict[Stage, float]
    """Seconds in each stage of the variant that answered."""
    shadow_job: ShadowJob | None = None
    """Submitted to the shadow once the response has been sent."""


class _Work(NamedTuple):
    """One request, for all attempts to answer it."""

    request: ClassifyRequest
    request_id: str
    budget: WorkBudget


class _Answer(NamedTuple):
    """What a variant found in the texts of a request."""

    predictions: list[Prediction]
    logits: Float32
    """Of the network, before calibration. *Shape:* `(texts, outputs)`."""


class _Compared(NamedTuple):
    """The result of one variant in a comparison."""

    variant: Variant
    prediction: Prediction
    seconds: float


class InferenceService:
    """Answers the requests of one worker."""

    def __init__(
        self, repository: VariantRepository, policy_store: PolicyStore, receipts: Receipts
    ) -> None:
        self._repository, self._policy_store = repository, policy_store
        self._receipts = receipts

    def classify(
        self, request: ClassifyRequest, *, request_id: str, budget: WorkBudget = UNBOUNDED
    ) -> Outcome:
        """Classify the texts of a request.

        Args:
            request: a valid request.
            request_id: goes into the response and the log. It never assigns a variant: proxies
                pass one id on to many requests.
            budget: what the request may use; checked before each text.

        Raises:
            UnknownVariantError: the request names a variant that does not exist.
            UnavailableError: the variant that the request names is not loaded.
            NoVariantError: neither the variant chosen by the split nor the reference is loaded.
            InternalError: the named variant failed, or the reference did.
            ServiceError: as the checks of `WorkBudget`.
        """
        work = _Work(request, request_id, budget)
        if request.variant is not None:
            return self._attempt(request.variant, "requested", work)
        with count_unanswered():
            return self._by_policy(work)

    def compare(
        self, request: CompareRequest, *, request_id: str, budget: WorkBudget = UNBOUNDED
    ) -> CompareResponse:
        """Run one text through every loaded variant. Request metrics do not count it.

        Args:
            request: a valid request.
            request_id: goes into the response.
            budget: what the request may use; checked before each variant.

        Raises:
            NoVariantError: no variant is loaded, or every loaded one failed.
            ServiceError: as the checks of `WorkBudget`.
        """
        found: dict[str, _Compared] = {}
        failed = []
        for name, variant in self._repository.variants.items():
            if variant.classifier is None:
                continue
            stopwatch = Stopwatch()
            try:
                answer = _run(variant.classifier, [request.text], stopwatch, budget)
            except NO_FAULT_OF_A_VARIANT:
                raise
            except Exception as error:  # noqa: BLE001  # the others may answer
                _log_failure(request_id, name, error)
                failed.append(name)
            else:
                found[name] = _Compared(variant, answer.predictions[0], stopwatch.total)
        if not found:
            raise NoVariantError
        preferred = self._policy_store.in_force.reference
        reference = preferred if preferred in found else next(iter(found))
        return CompareResponse(
            request_id=request_id,
            reference=reference,
            results=[_described(one, found[reference].prediction) for one in found.values()],
            failed=failed,
        )

    def _by_policy(self, work: _Work) -> Outcome:
        policy, request = self._policy_store.in_force, work.request
        key = request.key if request.key is not None else _random_key()
        chosen, shadow = policy.assign(key), policy.shadow_for(key)
        try:
            return self._attempt(chosen, "split", work, shadow)
        except (UnknownVariantError, UnavailableError, InternalError) as error:
            if chosen == policy.reference:
                raise _without_variant(error) from None
        try:
            return self._attempt(policy.reference, "fallback", work, shadow)
        except (UnknownVariantError, UnavailableError) as error:
            raise _without_variant(error) from None

    def _attempt(
        self, name: str, assignment: Assignment, work: _Work, shadow: str | None = None
    ) -> Outcome:
        variant = self._repository.find(name)  # once: another thread may replace it
        with count_attempt(name, assignment) as attempt:
            classifier = variant.loaded_classifier
            answer = _run_safely(classifier, name, work, attempt.stopwatch)
            attempt.predictions = predictions = answer.predictions
        labels = [None if one.unsure else one.labels for one in predictions]
        response = ClassifyResponse(
            request_id=work.request_id,
            variant=name,
            assignment=assignment,
            results=[_result(prediction) for prediction in predictions],
            receipt=self._receipts.issue(
                name, variant.sha256 or "", classifier.labels, labels, answer.logits
            ),
        )
        if shadow is None or shadow == name:
            return Outcome(response, attempt.stopwatch.seconds)
        texts = work.request.all_texts
        job = ShadowJob(variant=name, shadow=shadow, texts=texts, predictions=predictions)
        return Outcome(response, attempt.stopwatch.seconds, job)


def _random_key() -> str:
    """A routing key for one request. Python seeds this generator anew in every process."""
    return f"{random.getrandbits(64):x}"  # assignment needs no secrecy


def _without_variant(error: ServiceError) -> ServiceError:
    """The error of a request that named no variant, so that a missing one is not its mistake."""
    return error if isinstance(error, InternalError) else NoVariantError()


def _run_safely(classifier: Classifier, name: str, work: _Work, stopwatch: Stopwatch) -> _Answer:
    """`_run`, with any exception of the variant logged and turned into an `InternalError`."""
    try:
        return _run(classifier, work.request.all_texts, stopwatch, work.budget)
    except NO_FAULT_OF_A_VARIANT:
        raise
    except Exception as error:  # noqa: BLE001  # the reference may still answer
        _log_failure(work.request_id, name, error)
        raise InternalError from None


def _run(
    classifier: Classifier, texts: Sequence[str], stopwatch: Stopwatch, budget: WorkBudget
) -> _Answer:
    """Classify texts in batches, so that memory holds one batch and a check can end the work.

    Raises:
        OutOfResourcesError: the process is out of memory.
        Exception: as the checks of `WorkBudget`, or any of the variant.
    """
    logits, tokens = [], 0
    try:
        for batch in classifier.batches(budget.checked(texts)):
            stopwatch.lap("tokenize")
            tokens += len(batch.ids)
            budget.check_tokens(tokens)
            logits.append(classifier.logits(batch))
            stopwatch.lap("infer")
            budget.check()
        of_texts = logits[0] if len(logits) == 1 else np.concatenate(logits)
        predictions = classifier.predictions(classifier.to_scores([of_texts]))
    except MemoryError:
        raise OutOfResourcesError from None
    stopwatch.lap("infer")
    return _Answer(predictions, of_texts)


def _log_failure(request_id: str, variant: str, error: Exception) -> None:
    """Log type and location only: an error's message may quote the text."""
    logger.error("request %s: variant %s: %s", request_id, variant, error_location(error))


def _result(prediction: Prediction) -> Result:
    kind: type[Result] = SureResult if prediction.unsure is None else Result
    return kind(
        labels=list(prediction.labels),
        scores=_rounded_scores(prediction),
        unsure=prediction.unsure,
    )


def _rounded_scores(prediction: Prediction) -> dict[str, float]:
    return {label: round(score, SCORE_DIGITS) for label, score in prediction.scores.items()}


def _described(compared: _Compared, reference: Prediction) -> Compared:
    variant, prediction, seconds = compared
    kind: type[Compared] = SureCompared if prediction.unsure is None else Compared
    return kind(
        labels=list(prediction.labels),
        scores=_rounded_scores(prediction),
        unsure=prediction.unsure,
        variant=variant.name,
        microseconds=round(seconds * 1e6, 1),
        file_bytes=variant.file_bytes,
        resident_bytes=sum(variant.loaded_classifier.resident_bytes.values()),
        agreement=agreement(prediction, reference),
    )
