"""Feedback on earlier responses, counted by variant and label, which gives the online F1."""

from collections.abc import Iterator, Sequence

from service.errors import (
    ExpiredReceiptError,
    InvalidFieldError,
    UnknownVariantError,
    UsedError,
)
from service.inference.receipts import (
    OldReceiptError,
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

        Texts that the variant was unsure of have none of these: they are counted by themselves.

        A refused request leaves the receipt unused.

        Raises:
            InvalidFieldError: the receipt was not signed here, the variant does not have one of
                the labels, or the number of label lists is not the number of texts.
            ExpiredReceiptError: the receipt is too old, or its variant's file was replaced or
                removed.
            UnavailableError: the receipt's variant is not loaded.
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
            metrics.FEEDBACK_TEXTS.labels(receipt.variant).inc()
            if positions is None:
                metrics.FEEDBACK_UNSURE.labels(receipt.variant).inc()
            else:
                _count(receipt.variant, predicted={labels[i] for i in positions}, true=set(true))
        return FeedbackResponse(variant=receipt.variant, texts=len(true_labels))

    def _read(self, receipt: str) -> Receipt:
        try:
            return self._receipts.read(receipt)
        except ReceiptError as error:
            raise InvalidFieldError(f"receipt: {error}") from None
        except OldReceiptError as error:
            raise ExpiredReceiptError(f"receipt: {error}") from None

    def _labels(self, receipt: Receipt) -> tuple[str, ...]:
        """The labels that the receipt's positions refer to."""
        try:
            variant = self._repository.find(receipt.variant)
        except UnknownVariantError:
            raise ExpiredReceiptError("receipt: its variant was removed") from None
        labels = variant.loaded_classifier.labels
        if variant_digest(variant.sha256 or "", labels) != receipt.digest:
            raise ExpiredReceiptError("receipt: the variant's file was replaced since")
        return labels


def _check_fit(true_labels: Sequence[Sequence[str]], labels: Sequence[str], *, texts: int) -> None:
    if len(true_labels) != texts:
        raise InvalidFieldError(
            f"labels: the answer was about {texts} texts; give a list of labels for each"
        )
    if position := next(_unknown(true_labels, labels), None):
        raise InvalidFieldError(
            f"labels{position}: not a label of the variant; it has: {', '.join(labels)}"
        )


def _unknown(true_labels: Sequence[Sequence[str]], labels: Sequence[str]) -> Iterator[str]:
    """Positions of labels that the variant does not have, like `.1.0` for the second text's first.

    A single text may have sent a plain list, so its positions name the label alone.
    """
    for text, of_text in enumerate(true_labels):
        prefix = f".{text}" if len(true_labels) > 1 else ""
        yield from (f"{prefix}.{i}" for i, label in enumerate(of_text) if label not in labels)


def _count(variant: str, *, predicted: set[str], true: set[str]) -> None:
    counts = {"tp": predicted & true, "fp": predicted - true, "fn": true - predicted}
    for result, labels in counts.items():
        for label in labels:
            metrics.FEEDBACK.labels(variant, label, result).inc()
