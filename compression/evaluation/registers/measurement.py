"""Measures variant files on the sentences of registers."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from compression.errors import CompressionError
from compression.evaluation.calibration import mean_estimate
from compression.evaluation.figures import Estimate
from compression.evaluation.registers.lists import Register, fingerprint
from compression.evaluation.registers.results import (
    Accuracy,
    LabelAccuracy,
    RegisterEvaluation,
    RegisterResult,
)
from compression.evaluation.scores import predict_scores
from compression.evaluation.statistics import BOOTSTRAP_SEED, RESAMPLES
from compression.metrics.bootstrap import bootstrap_weights
from compression.metrics.proportion import wilson_interval
from edgemood import Classifier
from edgemood.format.file import file_sha256

Bool = NDArray[np.bool_]


@dataclass(frozen=True)
class _Answers:
    """What one variant makes of all sentences, in the order of the registers.

    Attributes:
        labels: of the variant.
        first: whether the label has the highest score. *Shape:* `(sentences, labels)`.
        given: whether the label is given. *Shape:* `(sentences, labels)`.
        acceptable: whether a reader accepts it. *Shape:* `(sentences, labels)`.
    """

    labels: tuple[str, ...]
    first: Bool
    given: Bool
    acceptable: Bool

    @property
    def right(self) -> Bool:
        """Whether the label with the highest score is acceptable. *Shape:* `(sentences,)`."""
        return _any(self.first & self.acceptable)

    def accuracy(self, part: slice) -> Accuracy:
        """The figures of consecutive sentences."""
        given = self.given[part]
        return Accuracy(
            first=_share(self.right[part]),
            given=_share(_any(given & self.acceptable[part])),
            labels_a_sentence=float(given.sum() / len(given)),
        )

    def of_labels(self) -> dict[str, LabelAccuracy]:
        """The figures of each label."""
        return {label: self._of_label(at) for at, label in enumerate(self.labels)}

    def _of_label(self, at: int) -> LabelAccuracy:
        only = self.acceptable[:, at] & (self.acceptable.sum(axis=1) == 1)
        first = self.first[:, at]
        return LabelAccuracy(
            sentences=int(only.sum()),
            recall=_share(first[only]) if only.any() else None,
            precision=_share(self.acceptable[first, at]) if first.any() else None,
        )


def measure_registers(
    paths: Sequence[Path], registers: Sequence[Register], *, before: Sequence[Path] = ()
) -> RegisterEvaluation:
    """Measure variant files on all sentences.

    Args:
        paths: variant files; a variant is named after its file.
        registers: the sentences.
        before: earlier files, which come first; the gain of the others is over the first of them.

    Raises:
        ArtifactError: a file cannot be used.
        CompressionError: a file is given twice, or has other labels than the sentences.
    """
    if len({*paths, *before}) < len(paths) + len(before):
        raise CompressionError("a variant file is given twice")
    answers = {path: _answers(path, registers) for path in (*before, *paths)}
    earlier = answers[before[0]].right if before else None
    return RegisterEvaluation(
        fingerprint=fingerprint(registers),
        sentences={register.name: len(register.texts) for register in registers},
        resamples=RESAMPLES,
        results=tuple(
            _result(path, registers, found, earlier=earlier, before=at < len(before))
            for at, (path, found) in enumerate(answers.items())
        ),
    )


def _answers(path: Path, registers: Sequence[Register]) -> _Answers:
    classifier = Classifier.open(path)
    labels = classifier.labels
    wanted = list(chain.from_iterable(register.acceptable for register in registers))
    if (known := frozenset(labels)) != (expected := frozenset().union(*wanted)):
        raise CompressionError(
            f"{path}: its labels are {', '.join(sorted(known))};"
            f" those of the sentences are {', '.join(sorted(expected))}"
        )
    texts = list(chain.from_iterable(register.texts for register in registers))
    scores = predict_scores(classifier, texts)
    return _Answers(
        labels=labels,
        first=np.arange(len(labels)) == scores.argmax(axis=1)[:, None],
        given=classifier.rule.decide(scores),
        acceptable=np.array([[label in row for label in labels] for row in wanted]),
    )


def _result(
    path: Path,
    registers: Sequence[Register],
    found: _Answers,
    *,
    earlier: Bool | None,
    before: bool,
) -> RegisterResult:
    ends = np.cumsum([len(register.texts) for register in registers])
    parts = (slice(end - len(r.texts), end) for end, r in zip(ends, registers, strict=True))
    return RegisterResult(
        name=path.stem,
        before=before,
        file_bytes=path.stat().st_size,
        file_sha256=file_sha256(path),
        registers={r.name: found.accuracy(part) for r, part in zip(registers, parts, strict=True)},
        together=found.accuracy(slice(None)),
        labels=found.of_labels(),
        gain=None if earlier is None or before else _gain(found.right, earlier),
    )


def _any(labels: Bool) -> Bool:
    any_label: Bool = np.logical_or.reduce(labels, axis=1)
    return any_label


def _share(hits: Bool) -> Estimate:
    return Estimate(**wilson_interval(int(hits.sum()), len(hits))._asdict())


def _gain(right: Bool, earlier: Bool) -> Estimate:
    weights = bootstrap_weights(len(right), resamples=RESAMPLES, seed=BOOTSTRAP_SEED)
    return mean_estimate(right.astype(np.float64) - earlier, weights)
