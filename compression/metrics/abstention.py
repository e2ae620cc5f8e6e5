"""Abstention: a text whose highest score is below a threshold gets no answer.

An answer is *right* if the label of the highest score is one of the text's labels. *Coverage* is
the share of texts that get an answer, *risk* the share of wrong ones among the answers, *precision*
1 minus the risk. Confidence is the highest score of a text. Shapes: confidence and right are
`(texts,)`.

Both thresholds hold for texts that come from the same source as those they are chosen on, if the
scores were not fitted on the same texts. A calibration of two numbers a label is fitted on them in
a build, and the base's epoch was chosen on them; with thousands of texts this hardly matters, with
a hundred it does. For texts from elsewhere neither statement holds: measure, with `evaluate`.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from compression.data.dataset import Targets
from compression.metrics.f1 import Float, ratio_or_zero

Confidence = Float | NDArray[np.float32]
COVERAGE_LEVELS = 20
"""A threshold for a precision answers about 5 %, 10 %, ... or 100 % of its texts."""
CERTAINTY = 0.9
"""The probability with which a threshold for a precision reaches it."""


class RiskCoverage(NamedTuple):
    """The risk of answering only the most confident texts, by rising coverage."""

    coverage: Float
    """*Shape:* `(texts,)`; from `1 / texts` to 1."""
    risk: Float
    """*Shape:* `(texts,)`."""

    @property
    def area(self) -> float:
        """Mean risk over all coverages: AURC in Geifman et al. (arXiv 1805.08206)."""
        return float(self.risk.mean())


def top_is_right(scores: Confidence, targets: Targets) -> NDArray[np.bool_]:
    """Whether the label of the highest score, of equal ones the first, is one of the text's.

    Args:
        scores: *Shape:* `(texts, labels)`.
        targets: true labels. *Shape:* `(texts, labels)`.
    """
    top = scores.argmax(axis=1)
    return np.asarray(targets[np.arange(len(targets)), top])


def risk_coverage(confidence: Confidence, right: NDArray[np.bool_]) -> RiskCoverage:
    """The risk at each number of answers.

    Of texts with equal confidence the risk is the expectation over all orders.
    """
    distinct, group, sizes = np.unique(-confidence, return_inverse=True, return_counts=True)
    wrong = np.bincount(group, weights=~right, minlength=len(distinct))
    answers = np.arange(1, len(right) + 1)
    errors = np.repeat(wrong / sizes, sizes).cumsum()
    return RiskCoverage(answers / len(right), errors / answers)


def resampled_area(
    confidence: Confidence, right: NDArray[np.bool_], weights: NDArray[np.float32]
) -> Float:
    """The area of the risk-coverage curve in each resample. *Shape:* `(resamples,)`.

    Texts that a resample draws several times, or of equal confidence, are answered one after the
    other; the risk of each is that at the end of its own draws.

    Args:
        confidence: of all texts.
        right: whether the answer to each would be right.
        weights: see `compression.metrics.bootstrap.bootstrap_weights`.
    """
    order = np.argsort(-confidence, kind="stable")
    wrong = ~right[order]
    areas = []
    for row in weights[:, order]:  # one at a time: all of them would take gigabytes
        answers = row.cumsum(dtype=np.float64)
        errors = (row * wrong).cumsum(dtype=np.float64)
        areas.append(row @ ratio_or_zero(errors, answers) / answers[-1])
    return np.array(areas)


def threshold_for_coverage(confidence: Confidence, coverage: float) -> float:
    """The highest threshold that a new text reaches with a probability of at least `coverage`.

    Split conformal prediction (Vovk et al. 2005; Angelopoulos & Bates, arXiv 2107.07511, section
    1): of `n` texts and a new one that is exchangeable with them, the new one is among the `k` of
    lowest confidence with a probability of at most `k / (n + 1)`. The threshold is the `k`-th
    lowest confidence with `k = floor((1 - coverage) * (n + 1))`, and 0 for `k = 0`. The probability
    is over the draw of the `n` texts and the new one; of one draw, it varies by about
    `sqrt(coverage * (1 - coverage) / n)`.

    Args:
        confidence: of texts that scores were not fitted on.
        coverage: above 0, at most 1.
    """
    # 1e-9: (1 - 0.9) * 10 is a little less than 1.
    k = int((1 - coverage) * (len(confidence) + 1) + 1e-9)
    return float(np.sort(confidence)[k - 1]) if k else 0.0


def threshold_for_precision(
    confidence: NDArray[np.float32], right: NDArray[np.bool_], precision: float
) -> float | None:
    """The lowest threshold whose answers have at least this precision, with 90 % certainty.

    With a probability of at least `CERTAINTY` over the draw of these texts, further texts of the
    same source get answers that are right at least as often as `precision`.

    The candidates are the `COVERAGE_LEVELS` thresholds just above the confidence of one text each.
    Given that confidence, the texts above it are independent draws from those that the threshold
    answers. If fewer than `precision` of such answers were right, the number of errors would follow
    a binomial distribution with a probability above `1 - precision`, and be as low as observed with
    at most the probability of its lower tail. A candidate is accepted if that tail is at most `(1 -
    CERTAINTY) / COVERAGE_LEVELS` (Bonferroni). Geifman & El-Yaniv (arXiv 1705.08500, section 3)
    bound the risk by the same tail.

    Args:
        confidence: of texts that scores were not fitted on.
        right: whether the answer to each would be right.
        precision: between 0 and 1.

    Returns:
        None if no candidate is accepted.
    """
    falling = np.sort(confidence)[::-1]
    for level in range(COVERAGE_LEVELS, 0, -1):
        lowest = falling[max(len(falling) * level // COVERAGE_LEVELS, 1) - 1]
        answered = right[confidence > lowest]
        tail = binomial_tail(int((~answered).sum()), len(answered), 1 - precision)
        if tail <= (1 - CERTAINTY) / COVERAGE_LEVELS:
            return float(np.nextafter(lowest, np.float32(1)))
    return None


def binomial_tail(successes: int, trials: int, probability: float) -> float:
    """Probability of at most so many successes.

    Args:
        successes: at most `trials`.
        trials: may be 0.
        probability: of a success in each trial, between 0 and 1.
    """
    i = np.arange(successes)
    odds = np.log(probability) - np.log1p(-probability)
    ratios = np.log((trials - i) / (i + 1)) + odds
    log_mass = trials * np.log1p(-probability) + np.concatenate([[0.0], ratios.cumsum()])
    return float(min(1.0, np.exp(np.logaddexp.reduce(log_mass))))
