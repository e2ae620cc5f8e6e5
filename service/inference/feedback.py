"""The truth about earlier answers: counted by variant and label, from which online F1 follows."""

from service.errors import MisfitError, UnknownReceiptError, UsedError
from service.inference.receipts import ReceiptError, Receipts, UsedReceiptError, variant_digest
from service.observability import metrics
from service.schemas import FeedbackRequest, FeedbackResponse
from service.variants.repository import VariantRepository


class Feedback:
    """Where the truth is told: one for each worker."""

    def __init__(self, repository: VariantRepository, receipts: Receipts) -> None:
        self._repository, self._receipts = repository, receipts

    def record(self, request: FeedbackRequest) -> FeedbackResponse:
        """Count what an answer got right and wrong.

        Args:
            request: a request that is valid by itself.

        Raises:
            UnknownReceiptError: it is not ours, or too old, or of a file that was replaced.
            MisfitError: the variant does not know a label, or there are labels for more or fewer
                texts than were answered.
            UnknownVariantError: the variant is there no more.
            UnavailableError: it is there, but not loaded.
            UsedError: the receipt was used before.
        """
        try:
            receipt = self._receipts.read(request.receipt)
        except ReceiptError as error:
            raise UnknownReceiptError(f"receipt: {error}") from None
        variant = self._repository.find(receipt.variant)
        labels = variant.loaded_classifier.labels
        if variant_digest(variant.sha256 or "", labels) != receipt.variant_digest:
            raise UnknownReceiptError("receipt: the variant's file was replaced since")
        truths = request.by_text
        if len(truths) != len(receipt.given):
            raise MisfitError(
                f"labels: the answer was about {len(receipt.given)} texts; give a list of labels"
                " for each"
            )
        for truth in truths:
            if unknown := set(truth) - set(labels):
                raise MisfitError(
                    f"labels: {len(unknown)} of them the variant does not know; it knows:"
                    f" {', '.join(labels)}"
                )
        try:
            self._receipts.mark_used(request.receipt)
        except UsedReceiptError:
            raise UsedError from None
        for positions, truth in zip(receipt.given, truths, strict=True):
            _count(receipt.variant, {labels[i] for i in positions}, set(truth))
        return FeedbackResponse(variant=receipt.variant, texts=len(truths))


def _count(variant: str, given: set[str], true: set[str]) -> None:
    metrics.FEEDBACK_TEXTS.labels(variant).inc()
    for result, labels in (("tp", given & true), ("fp", given - true), ("fn", true - given)):
        for label in labels:
            metrics.FEEDBACK.labels(variant, label, result).inc()
