"""Feedback on earlier responses, counted by variant and label, which gives the online F1."""

from collections.abc import Sequence

from service.errors import MisfitError, UnknownReceiptError, UsedError
from service.inference.receipts import (
    Receipt,
    ReceiptError,
    Receipts,
    UsedReceiptError,
    variant_digest,
)
from service.observability import metrics
from service.schemas import FeedbackRequest, FeedbackResponse
from service.variants.repository import VariantRepository


class Feedback:
    """Counts feedback; one for each worker."""

    def __init__(self, repository: VariantRepository, receipts: Receipts) -> None:
        self._repository, self._receipts = repository, receipts

    def record(self, request: FeedbackRequest) -> FeedbackResponse:
        """Count true positives, false positives and false negatives of one response.

        A refused request leaves the receipt unused.

        Raises:
            UnknownReceiptError: the receipt was not signed here, is too old, or belongs to a file
                that was replaced.
            UnknownVariantError: the receipt's variant does not exist any more.
            UnavailableError: the receipt's variant is not loaded.
            MisfitError: the variant does not have one of the labels, or the number of label lists
                is not the number of texts.
            UsedError: the receipt was used before.
        """
        receipt = self._read(request.receipt)
        labels = self._labels(receipt)
        true_labels = request.by_text
        _check_fit(true_labels, labels, texts=len(receipt.predicted))
        try:
            self._receipts.mark_used(request.receipt)
        except UsedReceiptError:
            raise UsedError from None
        for positions, true in zip(receipt.predicted, true_labels, strict=True):
            _count(receipt.variant, predicted={labels[i] for i in positions}, true=set(true))
        return FeedbackResponse(variant=receipt.variant, texts=len(true_labels))

    def _read(self, receipt: str) -> Receipt:
        try:
            return self._receipts.read(receipt)
        except ReceiptError as error:
            raise UnknownReceiptError(f"receipt: {error}") from None

    def _labels(self, receipt: Receipt) -> tuple[str, ...]:
        """The labels that the receipt's positions refer to."""
        variant = self._repository.find(receipt.variant)
        labels = variant.loaded_classifier.labels
        if variant_digest(variant.sha256 or "", labels) != receipt.digest:
            raise UnknownReceiptError("receipt: the variant's file was replaced since")
        return labels


def _check_fit(true_labels: Sequence[Sequence[str]], labels: Sequence[str], *, texts: int) -> None:
    if len(true_labels) != texts:
        raise MisfitError(
            f"labels: the answer was about {texts} texts; give a list of labels for each"
        )
    for of_text in true_labels:
        if unknown := set(of_text) - set(labels):
            raise MisfitError(
                f"labels: {len(unknown)} of them the variant does not know; it knows:"
                f" {', '.join(labels)}"
            )


def _count(variant: str, *, predicted: set[str], true: set[str]) -> None:
    metrics.FEEDBACK_TEXTS.labels(variant).inc()
    counts = {"tp": predicted & true, "fp": predicted - true, "fn": true - predicted}
    for result, labels in counts.items():
        for label in labels:
            metrics.FEEDBACK.labels(variant, label, result).inc()
