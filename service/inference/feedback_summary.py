"""What is known from judged answers: how many there are, and how right the answers were."""

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime

from service.errors import UnavailableError, UnknownVariantError
from service.feedback_schemas import FeedbackSummary, Interval, LabelFeedback, VariantFeedback
from service.inference.judged_pairs import JudgedPairs, KeptPairs, Pair
from service.state.private_database import DatabaseError
from service.statistics import F1, Estimate, f1_from_counts, macro_f1
from service.variants.repository import VariantRepository

MILESTONES = (100, 300, 1000)
"""Judged texts from which adapting usually helps, helps more, and helps little more."""


def summarize(pairs: JudgedPairs, repository: VariantRepository) -> FeedbackSummary:
    """Summarize all judged texts of a state folder.

    Raises:
        UnavailableError: they cannot be read.
    """
    try:
        found = [_of_file(kept, repository) for kept in pairs.all()]
    except DatabaseError as error:
        raise UnavailableError(f"the judged answers cannot be read: {error}") from None
    return FeedbackSummary(max_pairs=pairs.max_pairs, variants=found)


def _of_file(kept: KeptPairs, repository: VariantRepository) -> VariantFeedback:
    source, count = kept.source, len(kept.pairs)
    labels, scores = _by_label(source.labels, kept.pairs)
    return VariantFeedback(
        variant=source.variant,
        sha256=source.sha256,
        loaded=_is_loaded(repository, source.variant, source.sha256),
        pairs=count,
        unsure=sum(pair.predicted is None for pair in kept.pairs),
        since=datetime.fromtimestamp(kept.first, UTC),
        until=datetime.fromtimestamp(kept.last, UTC),
        missing={str(goal): max(0, goal - count) for goal in MILESTONES},
        macro_f1=_interval(macro_f1(scores).estimate) if scores else None,
        labels=labels,
    )


def _by_label(
    labels: Sequence[str], pairs: Sequence[Pair]
) -> tuple[dict[str, LabelFeedback], list[F1]]:
    """Counts by label, and the F1 scores of the labels that have one."""
    alike = Counter((pair.predicted, pair.true) for pair in pairs)  # few differ
    found, scores = {}, []
    for i, label in enumerate(labels):
        cells: Counter[tuple[bool | None, bool]] = Counter()
        for (predicted, true), count in alike.items():
            cells[None if predicted is None else bool(predicted >> i & 1), bool(true >> i & 1)] += (
                count
            )
        tp, fp, fn = cells[True, True], cells[True, False], cells[False, True]
        score = f1_from_counts(tp, fp, fn) if tp + fp + fn else None
        scores += [score] if score else []
        found[label] = LabelFeedback(
            true=tp + fn + cells[None, True],
            predicted=tp + fp,
            both=tp,
            f1=_interval(score.estimate) if score else None,
        )
    return found, scores


def _is_loaded(repository: VariantRepository, name: str, sha256: str) -> bool:
    try:
        return repository.find(name).sha256 == sha256
    except UnknownVariantError:
        return False


def _interval(estimate: Estimate) -> Interval:
    low, high = estimate.low or 0.0, estimate.high or 0.0
    return Interval(value=round(estimate.value, 4), low=round(low, 4), high=round(high, 4))
