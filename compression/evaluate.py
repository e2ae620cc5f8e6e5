"""Scores variant files through `edgemood`, as they will be served, and says how sure one can be.

This is the one module that reads the test split, and nothing is chosen by what it finds.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from tqdm import tqdm

from compression.dataset import Dataset, Split, Targets
from compression.errors import CompressionError
from compression.metrics import (
    Counts,
    Interval,
    Quality,
    bootstrap_weights,
    example_counts,
    interval,
    macro,
    micro,
    per_label,
    resampled_macro_f1,
    totals,
)
from edgemood import Artifact, Classifier

HALF = 0.5
RESAMPLES = 2000
BOOTSTRAP_SEED = 0
TEXTS_AT_ONCE = 1024


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Ratios(_Part):
    """F1, precision and recall."""

    f1: float
    precision: float
    recall: float


class Averages(_Part):
    """Over all labels, at one set of thresholds."""

    macro: Ratios
    micro: Ratios


class Estimate(_Part):
    """A figure and its 95 % bootstrap interval."""

    estimate: float
    low: float
    high: float


class Result(_Part):
    """What one variant reached on one split."""

    name: str
    method: str
    file_bytes: int
    resident_bytes: int
    tuned: Averages
    half: Annotated[Averages, Field(description="every threshold at 0.5, as in the survey")]
    labels: Annotated[dict[str, Ratios], Field(description="tuned thresholds")]
    labels_half: Annotated[dict[str, Ratios], Field(description="every threshold at 0.5")]
    examples: Annotated[dict[str, int], Field(description="of each label in the split")]
    macro_f1: Estimate
    against: Annotated[
        "Comparison | None", Field(description="paired by example; none for the reference")
    ]


class Comparison(_Part):
    """A variant beside the reference, on the same examples.

    The intervals cover the choice of test examples; not the seed of training, nor the tuning of
    thresholds on dev, which the first difference holds and the second leaves out.
    """

    difference: Annotated[Estimate, Field(description="macro-F1, each at its own thresholds")]
    difference_same_thresholds: Annotated[
        Estimate, Field(description="macro-F1, both at the reference's thresholds")
    ]
    agreement: Annotated[float, Field(description="share of yes-or-no labels that are the same")]
    largest_score_change: float


class Evaluation(_Part):
    """Every variant on one split; the file that `evaluate --out` writes and `report` reads."""

    split: str
    texts: int
    reference: str
    resamples: int
    results: tuple[Result, ...]

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read what `evaluate --out` wrote.

        Raises:
            CompressionError: the file is missing or something else.
        """
        try:
            return cls.model_validate_json(path.read_text(encoding="utf-8"))
        except OSError as error:
            raise CompressionError(f"{path}: {error.strerror}; run `evaluate --out`") from error
        except ValidationError as error:
            raise CompressionError(f"{path}: not written by `evaluate --out`") from error

    def write(self, path: Path) -> None:
        """Write as JSON that is easy to compare."""
        path.write_text(json.dumps(self.model_dump(), indent=1) + "\n", encoding="utf-8")


@dataclass(frozen=True)
class _Measured:
    """One variant's scores on a split, and what follows from them."""

    path: Path
    classifier: Classifier
    scores: NDArray[np.float32]
    targets: Targets

    @property
    def name(self) -> str:
        """The file's, as in the service."""
        return self.path.stem

    @property
    def thresholds(self) -> NDArray[np.float32]:
        return np.array(self.classifier.artifact.manifest.thresholds, dtype=np.float32)

    def counts(self, thresholds: NDArray[np.float32] | float) -> Counts:
        return example_counts(self.scores >= thresholds, self.targets)


def evaluate(paths: Sequence[Path], data: Dataset, *, split: str, reference: str) -> Evaluation:
    """Measure variant files on one split and compare each with the reference.

    Args:
        paths: variant files; a variant's name is its file's.
        data: its labels must be those of the variants.
        split: `dev` or `test`.
        reference: name of the variant that the others are compared with.

    Raises:
        ArtifactError: a file cannot be used.
        CompressionError: split, labels, names or reference do not fit.
    """
    names = [path.stem for path in paths]
    if len(set(names)) != len(names):
        raise CompressionError(f"two files have one name: {', '.join(names)}")
    examples = _split(data, split)
    bar = tqdm(paths, desc=split, leave=False, disable=None)
    measured = [_measure(path, examples, data.labels) for path in bar]
    if reference not in names:
        raise CompressionError(f"no reference {reference!r} among {', '.join(names)}")
    weights = bootstrap_weights(len(examples), resamples=RESAMPLES, seed=BOOTSTRAP_SEED)
    base = measured[names.index(reference)]
    return Evaluation(
        split=split,
        texts=len(examples),
        reference=reference,
        resamples=RESAMPLES,
        results=tuple(_result(m, base, weights) for m in measured),
    )


def quality_of(artifact: Artifact, examples: Split) -> dict[str, float]:
    """The figures that a manifest carries, rounded to what a split of thousands can tell."""
    measured = _Measured(
        Path(artifact.manifest.name),
        classifier := Classifier(artifact),
        scores_of(classifier, examples.texts),
        examples.targets,
    )
    counts, at_half = measured.counts(measured.thresholds), measured.counts(HALF)
    figures = {
        "macro_f1": macro(totals(counts)).f1,
        "micro_f1": micro(totals(counts)).f1,
        "macro_precision": macro(totals(counts)).precision,
        "macro_recall": macro(totals(counts)).recall,
        "macro_f1_at_half": macro(totals(at_half)).f1,
    }
    return {name: round(float(figure), 4) for name, figure in figures.items()}


def scores_of(classifier: Classifier, texts: Sequence[str]) -> NDArray[np.float32]:
    """Scores in portions. *Shape:* `(texts, labels)`."""
    starts = range(0, len(texts), TEXTS_AT_ONCE)
    return np.concatenate([classifier.scores(texts[i : i + TEXTS_AT_ONCE]) for i in starts])


def _split(data: Dataset, split: str) -> Split:
    if split not in data.splits:
        raise CompressionError(
            f"the data has no {split} split; there are: {', '.join(data.splits)}"
        )
    return data.splits[split]


def _measure(path: Path, examples: Split, labels: tuple[str, ...]) -> _Measured:
    classifier = Classifier.open(path)
    if classifier.labels != labels:
        raise CompressionError(
            f"{path}: its labels are {', '.join(classifier.labels)};"
            f" the data's are {', '.join(labels)}"
        )
    return _Measured(path, classifier, scores_of(classifier, examples.texts), examples.targets)


def _result(m: _Measured, reference: _Measured, weights: NDArray[np.float32]) -> Result:
    tuned, half = m.counts(m.thresholds), m.counts(HALF)
    estimate = float(macro(totals(tuned)).f1)
    return Result(
        name=m.name,
        method=m.classifier.artifact.manifest.method,
        file_bytes=m.path.stat().st_size,
        resident_bytes=sum(m.classifier.resident_bytes.values()),
        tuned=_averages(tuned),
        half=_averages(half),
        labels=_by_label(m, tuned),
        labels_half=_by_label(m, half),
        examples=dict(zip(m.classifier.labels, totals(tuned).actual.tolist(), strict=True)),
        macro_f1=_estimate(interval(estimate, resampled_macro_f1(tuned, weights))),
        against=None if m is reference else _compare(m, reference, weights),
    )


def _compare(m: _Measured, reference: _Measured, weights: NDArray[np.float32]) -> Comparison:
    base = reference.counts(reference.thresholds)
    same = (m.scores >= m.thresholds) == (reference.scores >= reference.thresholds)
    return Comparison(
        difference=_difference(m.counts(m.thresholds), base, weights),
        difference_same_thresholds=_difference(m.counts(reference.thresholds), base, weights),
        agreement=float(same.mean()),
        largest_score_change=float(np.abs(m.scores - reference.scores).max()),
    )


def _difference(counts: Counts, base: Counts, weights: NDArray[np.float32]) -> Estimate:
    """Macro-F1 of `counts` minus that of `base`, both from the same examples drawn."""
    samples = resampled_macro_f1(counts, weights) - resampled_macro_f1(base, weights)
    return _estimate(interval(float(macro(totals(counts)).f1 - macro(totals(base)).f1), samples))


def _estimate(found: Interval) -> Estimate:
    return Estimate(**found._asdict())


def _by_label(m: _Measured, counts: Counts) -> dict[str, Ratios]:
    quality = per_label(totals(counts))
    by_label = zip(m.classifier.labels, *quality, strict=True)
    return {label: _ratios(Quality(*ratios)) for label, *ratios in by_label}


def _averages(counts: Counts) -> Averages:
    return Averages(macro=_ratios(macro(totals(counts))), micro=_ratios(micro(totals(counts))))


def _ratios(quality: Quality) -> Ratios:
    return Ratios(**{name: float(ratio) for name, ratio in quality._asdict().items()})


def table(evaluation: Evaluation) -> Iterable[str]:
    """Lines of a plain-text table."""
    yield (
        f"{evaluation.split} split, {evaluation.texts:,} texts; intervals: 95 %,"
        f" {evaluation.resamples:,} paired bootstrap resamples"
    )
    yield (
        f"{'variant':<16}{'bytes':>11}{'macro-F1':>10}{'95 % interval':>18}"
        f"{f'minus {evaluation.reference}':>28}{'micro-F1':>10}   at 0.5: F1    P    R"
    )
    for r in evaluation.results:
        change = r.against and r.against.difference
        minus = f"{change.estimate:+.4f} [{change.low:+.4f}, {change.high:+.4f}]" if change else ""
        half = r.half.macro
        yield (
            f"{r.name:<16}{r.file_bytes:>11,}{r.macro_f1.estimate:>10.4f}"
            f"{f'[{r.macro_f1.low:.4f}, {r.macro_f1.high:.4f}]':>18}{minus:>28}"
            f"{r.tuned.micro.f1:>10.4f}{half.f1:>13.3f} {half.precision:.2f} {half.recall:.2f}"
        )
