"""Scores variant files through `edgemood`, as they will be served, and says how sure one can be.

This is the one module that reads the test split, and nothing is chosen by what it finds.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Self

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from tqdm import tqdm

from compression.dataset import Dataset, Split
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
    examples: Annotated[dict[str, int], Field(description="of each label in the split")]
    macro_f1: Estimate
    difference: Annotated[
        Estimate | None, Field(description="macro-F1 minus the reference's, paired by example")
    ]


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
    path: Path
    classifier: Classifier
    tuned: Counts
    half: Counts


def evaluate(paths: Sequence[Path], data: Dataset, *, split: str, reference: str) -> Evaluation:
    """Measure variant files on one split and compare each with the reference.

    Args:
        paths: variant files.
        data: its labels must be those of the variants.
        split: `dev` or `test`.
        reference: name of the variant that the others are compared with.

    Raises:
        ArtifactError: a file cannot be used.
        CompressionError: split, labels or reference do not fit.
    """
    examples = _split(data, split)
    measured = [
        _measure(path, examples, data.labels)
        for path in tqdm(paths, desc=split, leave=False, disable=None)
    ]
    names = [m.classifier.artifact.manifest.name for m in measured]
    if reference not in names:
        raise CompressionError(f"no reference {reference!r} among {', '.join(names)}")
    weights = bootstrap_weights(len(examples), resamples=RESAMPLES, seed=BOOTSTRAP_SEED)
    resampled = [resampled_macro_f1(m.tuned, weights) for m in measured]
    estimates = [float(macro(totals(m.tuned)).f1) for m in measured]
    base = names.index(reference)
    return Evaluation(
        split=split,
        texts=len(examples),
        reference=reference,
        resamples=RESAMPLES,
        results=tuple(
            _result(
                m,
                macro_f1=interval(estimate, samples),
                difference=None
                if name == reference
                else interval(estimate - estimates[base], samples - resampled[base]),
            )
            for name, m, estimate, samples in zip(
                names, measured, estimates, resampled, strict=True
            )
        ),
    )


def quality_of(artifact: Artifact, examples: Split) -> dict[str, float]:
    """The figures that a manifest carries, rounded to what a split of thousands can tell."""
    counts, at_half = _counts(Classifier(artifact), examples)
    figures = {
        "macro_f1": macro(totals(counts)).f1,
        "micro_f1": micro(totals(counts)).f1,
        "macro_precision": macro(totals(counts)).precision,
        "macro_recall": macro(totals(counts)).recall,
        "macro_f1_at_half": macro(totals(at_half)).f1,
    }
    return {name: round(float(figure), 4) for name, figure in figures.items()}


def scores_of(classifier: Classifier, texts: Sequence[str]) -> np.ndarray:
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
    return _Measured(path, classifier, *_counts(classifier, examples))


def _counts(classifier: Classifier, examples: Split) -> tuple[Counts, Counts]:
    """Counts of each example at the variant's thresholds, and with every threshold at 0.5."""
    scores = scores_of(classifier, examples.texts)
    thresholds = np.array(classifier.artifact.manifest.thresholds, dtype=np.float32)
    return (
        example_counts(scores >= thresholds, examples.targets),
        example_counts(scores >= HALF, examples.targets),
    )


def _result(m: _Measured, *, macro_f1: Interval, difference: Interval | None) -> Result:
    quality = per_label(totals(m.tuned))
    by_label = zip(m.classifier.labels, *quality, strict=True)
    return Result(
        name=m.classifier.artifact.manifest.name,
        method=m.classifier.artifact.manifest.method,
        file_bytes=m.path.stat().st_size,
        resident_bytes=sum(m.classifier.resident_bytes.values()),
        tuned=_averages(m.tuned),
        half=_averages(m.half),
        labels={label: _ratios(Quality(*ratios)) for label, *ratios in by_label},
        examples=dict(zip(m.classifier.labels, totals(m.tuned).actual.tolist(), strict=True)),
        macro_f1=Estimate(**macro_f1._asdict()),
        difference=Estimate(**difference._asdict()) if difference else None,
    )


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
        change = r.difference
        minus = f"{change.estimate:+.4f} [{change.low:+.4f}, {change.high:+.4f}]" if change else ""
        half = r.half.macro
        yield (
            f"{r.name:<16}{r.file_bytes:>11,}{r.macro_f1.estimate:>10.4f}"
            f"{f'[{r.macro_f1.low:.4f}, {r.macro_f1.high:.4f}]':>18}{minus:>28}"
            f"{r.tuned.micro.f1:>10.4f}{half.f1:>13.3f} {half.precision:.2f} {half.recall:.2f}"
        )
