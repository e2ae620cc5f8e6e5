"""Fits an adaptation to logits and labels of texts, and makes the adapted variant."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray
from pydantic import ValidationError

from edgemood.adaptation.abstention import same_coverage
from edgemood.adaptation.cross_validation import Report, cross_validate
from edgemood.adaptation.decisions import Decisions
from edgemood.adaptation.fitting import AffineMap, Problem, can_be_fitted, fit_map
from edgemood.adaptation.folds import assign_folds, canonical_order, group_numbers
from edgemood.adaptation.gain import Gain, LabelQuality, label_qualities, macro_gain
from edgemood.adaptation.label_set import LabelSet
from edgemood.arrays import Float32
from edgemood.classifier import Classifier
from edgemood.errors import AdaptationError
from edgemood.format.artifact import Artifact
from edgemood.format.manifest import MAX_ADAPTATION, Abstention, Adaptation, Manifest, Parent

FEWEST_TEXTS = 30
FULL_FROM = 300
"""Texts from which a label uses the logits of all labels. With fewer, it uses its own."""
MAX_VARIABLES = 1_500
"""Of a softmax, whose labels are fitted together. From 39 labels on, it stays diagonal."""
FOLDS = 10
_DIGITS = 4

Bool = NDArray[np.bool_]


@dataclass(frozen=True)
class Examples:
    """Judged texts as a variant sees them. No text is needed."""

    logits: Float32
    """Of the parent, from `DecisionRule.label_logits`. *Shape:* `(texts, labels of the parent)`."""
    targets: Bool
    """True labels, those of the label set. *Shape:* `(texts, labels)`."""
    keys: Sequence[str]
    """Equal texts have equal keys."""

    @classmethod
    def of(cls, classifier: Classifier, texts: Sequence[str], targets: Bool) -> Self:
        """Compute the logits of texts. Texts that differ in case or blanks only count as equal.

        Args:
            classifier: the parent.
            texts: at least one.
            targets: their true labels. *Shape:* `(texts, labels)`.
        """
        logits = np.concatenate([classifier.logits(batch) for batch in classifier.batches(texts)])
        keys = [" ".join(text.split()).casefold() for text in texts]
        return cls(classifier.rule.label_logits(logits), targets, keys)

    def part(self, places: list[int]) -> Self:
        """The examples at these places."""
        keys = [self.keys[i] for i in places]
        return type(self)(self.logits[places], self.targets[places], keys)

    def in_canonical_order(self, seed: int) -> Self:
        """The same examples in an order that does not depend on the present one."""
        rows = zip(self.keys, self.targets, self.logits, strict=True)
        contents = [f"{key} {true.tobytes().hex()} {x.tobytes().hex()}" for key, true, x in rows]
        order = canonical_order(contents, seed=seed)
        return self.part(order)


@dataclass(frozen=True)
class Fitted:
    """An adaptation, and what it is worth."""

    label_set: LabelSet
    map: AffineMap
    thresholds: tuple[float, ...]
    """One for each label; zeros for a single-label variant."""
    abstention: Abstention | None
    is_full: bool
    """Whether a label uses the logits of all labels."""
    strength: float
    """Of the penalty."""
    texts: int
    gain: Gain
    by_label: tuple[LabelQuality, ...]
    unfitted: tuple[str, ...]
    """Labels that no text has, or every text. Logit and threshold stay as they are."""

    @property
    def is_clear(self) -> bool:
        """Whether the interval of the gain lies above zero."""
        return self.gain.low > 0


def fit_adaptation(
    parent: Manifest,
    label_set: LabelSet,
    examples: Examples,
    *,
    seed: int = 0,
    report: Report | None = None,
) -> Fitted:
    """Fit map and thresholds. The order of the examples changes nothing.

    The decisions before are the parent's, without abstention; a label that joins several is given
    if one of them is. The decisions after are cross-validated: logits of a text come from a map
    that was fitted to other folds, and thresholds from those logits of other folds.

    Args:
        parent: how the variant decides.
        label_set: the new labels.
        examples: at least `FEWEST_TEXTS`, on which the variant was not trained.
        seed: of folds and bootstrap.
        report: called after each fit.

    Raises:
        AdaptationError: there are too few texts, too many labels, or nothing to learn.
    """
    _check(label_set, examples)
    examples = examples.in_canonical_order(seed)
    single = parent.decision == "single-label"
    inputs, targets = label_set.inputs(examples.logits), examples.targets
    problem = _problem(label_set, examples, single=single)
    folds = assign_folds(examples.keys, targets, folds=FOLDS)
    validated = cross_validate(inputs, targets, folds, problem, report=report)
    decisions = Decisions(parent, label_set, can_be_fitted(targets))
    before = decisions.before(examples.logits)
    after = decisions.after(validated.logits, targets, folds)
    groups = group_numbers(examples.keys)
    scores = decisions.scores(validated.logits)
    abstention = parent.abstention
    return Fitted(
        label_set=label_set,
        map=_rounded(fit_map(inputs, targets, problem, strength=validated.strength)),
        thresholds=tuple(decisions.thresholds(scores, targets).tolist()),
        abstention=abstention and same_coverage(abstention, scores, after, targets),
        is_full=problem.full,
        strength=validated.strength,
        texts=len(targets),
        gain=macro_gain(before, after, targets, groups, seed=seed),
        by_label=label_qualities(label_set.labels, before, after, targets),
        unfitted=_unfitted(label_set.labels, targets),
    )


def adapted(parent: Artifact, fitted: Fitted, *, name: str, parent_sha256: str) -> Artifact:
    """Make the adapted variant. Its weights are the parent's.

    Metrics are left out, since they were measured on the parent.

    Args:
        parent: the variant whose logits the map takes.
        fitted: what was fitted to them.
        name: of the new variant.
        parent_sha256: digest of the parent's file.

    Raises:
        AdaptationError: the parent is adapted already and labels are to be joined, or the name or
            the map exceeds what a file can hold.
    """
    manifest, former = parent.manifest, parent.manifest.adaptation
    joined, found = fitted.label_set.joined, fitted.map
    if former is not None:
        if joined:
            raise AdaptationError(
                f"{manifest.name} is adapted already; join labels of its parent,"
                f" {former.parent.name}, instead"
            )
        joined, found = former.joined, _composed(found, former)
    provenance = manifest.provenance
    try:
        return parent.with_manifest(
            name=name,
            labels=fitted.label_set.labels,
            thresholds=fitted.thresholds,
            abstention=fitted.abstention,
            adaptation=Adaptation(
                joined=joined,
                weights=tuple(map(tuple, found.weights.tolist())),
                biases=tuple(found.biases.tolist()),
                parent=Parent(name=manifest.name, sha256=parent_sha256),
                texts=fitted.texts,
                gain=round(fitted.gain.estimate, _DIGITS),
                gain_low=round(fitted.gain.low, _DIGITS),
                gain_high=round(fitted.gain.high, _DIGITS),
            ),
            metrics={},
            provenance=provenance and provenance.model_copy(update={"measured_on": {}}),
        )
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(map(str, first["loc"]))
        raise AdaptationError(f"a file cannot hold the result: {field}: {first['msg']}") from error


def _check(label_set: LabelSet, examples: Examples) -> None:
    count = len(examples.targets)
    if count < FEWEST_TEXTS:
        raise AdaptationError(f"{count} texts; at least {FEWEST_TEXTS} are needed, better 100")
    numbers = len(label_set.labels) * (examples.logits.shape[1] + len(label_set.joined))
    if numbers > MAX_ADAPTATION:
        raise AdaptationError(
            f"a map of {numbers:,} weights; a file holds at most {MAX_ADAPTATION:,}, so use fewer"
            " labels"
        )
    if not can_be_fitted(examples.targets).any():
        raise AdaptationError("every label is on all of the texts or on none; add other texts")


def _problem(label_set: LabelSet, examples: Examples, *, single: bool) -> Problem:
    outputs = examples.logits.shape[1]
    inputs = outputs + len(label_set.joined)
    too_large = single and len(label_set.labels) * (inputs + 1) > MAX_VARIABLES
    full = len(examples.targets) >= FULL_FROM and not too_large
    return Problem(label_set.own(outputs), full=full, is_single_label=single)


def _rounded(found: AffineMap) -> AffineMap:
    """Without what depends on the processor; a score changes by less than 0.001."""
    return AffineMap(found.weights.round(_DIGITS), found.biases.round(_DIGITS))


def _composed(later: AffineMap, former: Adaptation) -> AffineMap:
    weights = later.weights @ np.array(former.weights)
    biases = later.weights @ np.array(former.biases) + later.biases
    return AffineMap(weights.round(2 * _DIGITS), biases.round(2 * _DIGITS))


def _unfitted(labels: Sequence[str], targets: Bool) -> tuple[str, ...]:
    kept = ~can_be_fitted(targets)
    return tuple(label for label, is_kept in zip(labels, kept, strict=True) if is_kept)
