"""Feedback on earlier responses: counted, which gives the online F1, and kept to adapt variants."""

import logging
from collections.abc import Iterable, Iterator, Sequence

from service.errors import (
    ExpiredReceiptError,
    InvalidFieldError,
    UnknownVariantError,
    UsedError,
)
from service.feedback_schemas import FeedbackSummary
from service.inference.feedback_summary import summarize
from service.inference.judged_pairs import JudgedPairs, Judgement, Pair, Source
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
from service.state.private_database import DatabaseError
from service.variants.repository import VariantRepository

logger = logging.getLogger(__name__)


class Feedback:
    """Counts and keeps feedback; one for each worker."""

    def __init__(
        self, repository: VariantRepository, receipts: Receipts, pairs: JudgedPairs
    ) -> None:
        self._repository, self._receipts, self._pairs = repository, receipts, pairs
        self._problem = ""

    def record(self, request: FeedbackRequest) -> FeedbackResponse:
        """Count true positives, false positives and false negatives of one response.

        Texts that the variant was unsure of have none of these: they are counted by themselves.
        The logits and the true labels of all texts are written to disk, which takes milliseconds;
        feedback counts even if they cannot be written.

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
        source = self._source(receipt)
        labels, true_labels = source.labels, request.by_text
        _check_fit(true_labels, labels, texts=len(receipt.predicted))
        try:
            self._receipts.mark_used(request.receipt)
            kept = self._keep(receipt, source, true_labels)
        except UsedReceiptError:
            raise UsedError from None
        for positions, true in zip(receipt.predicted, true_labels, strict=True):
            metrics.FEEDBACK_TEXTS.labels(receipt.variant).inc()
            if positions is None:
                metrics.FEEDBACK_UNSURE.labels(receipt.variant).inc()
            else:
                _count(receipt.variant, predicted={labels[i] for i in positions}, true=set(true))
        return FeedbackResponse(variant=receipt.variant, texts=len(true_labels), kept=kept)

    def summary(self) -> FeedbackSummary:
        """Summarize the judged texts that are on disk.

        Raises:
            UnavailableError: they cannot be read.
        """
        return summarize(self._pairs, self._repository)

    def _keep(self, receipt: Receipt, source: Source, true_labels: Sequence[Sequence[str]]) -> int:
        """Write the judged texts; return how many are on disk now."""
        if receipt.logits is None or not self._pairs.max_pairs:
            return 0
        pairs = [
            Pair(logits, None if predicted is None else _mask(predicted), _mask(true))
            for logits, predicted, true in zip(
                receipt.logits,
                receipt.predicted,
                (map(source.labels.index, labels) for labels in true_labels),
                strict=True,
            )
        ]
        judgement = Judgement(source, receipt.signature, receipt.issued, pairs)
        try:
            dropped = self._pairs.keep(judgement)
        except DatabaseError as error:
            self._report(str(error))
            metrics.FEEDBACK_PAIRS.labels(source.variant, "failed").inc(len(pairs))
            return 0
        self._problem = ""
        metrics.FEEDBACK_PAIRS.labels(source.variant, "kept").inc(len(pairs))
        metrics.FEEDBACK_PAIRS.labels(source.variant, "dropped").inc(dropped)
        return len(pairs)

    def _report(self, problem: str) -> None:
        """Log a problem once, not for every request."""
        if problem != self._problem:
            logger.error("judged texts cannot be kept: %s", problem)
        self._problem = problem

    def _read(self, receipt: str) -> Receipt:
        try:
            return self._receipts.read(receipt)
        except ReceiptError as error:
            raise InvalidFieldError(f"receipt: {error}") from None
        except OldReceiptError as error:
            raise ExpiredReceiptError(f"receipt: {error}") from None

    def _source(self, receipt: Receipt) -> Source:
        """The file that answered, and the labels that the receipt's positions refer to."""
        try:
            variant = self._repository.find(receipt.variant)
        except UnknownVariantError:
            raise ExpiredReceiptError("receipt: its variant was removed") from None
        labels = variant.loaded_classifier.labels
        if variant_digest(variant.sha256 or "", labels) != receipt.digest:
            raise ExpiredReceiptError("receipt: the variant's file was replaced since")
        return Source(variant.name, variant.sha256 or "", labels)


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


def _mask(positions: Iterable[int]) -> int:
    return sum({1 << position for position in positions})  # a label may be named twice


def _count(variant: str, *, predicted: set[str], true: set[str]) -> None:
    counts = {"tp": predicted & true, "fp": predicted - true, "fn": true - predicted}
    for result, labels in counts.items():
        for label in labels:
            metrics.FEEDBACK.labels(variant, label, result).inc()
