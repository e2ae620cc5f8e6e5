"""Scores variant files through `edgemood`, as they will be served, and says how sure one can be.

This is the one module that reads the test split, and nothing is chosen by what it finds.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from compression.data.dataset import Dataset, Split
from compression.errors import CompressionError
from compression.evaluation.results import Comparison, Estimate, Evaluation, Result, SeedGroup
from compression.evaluation.retention import teacher_results
from compression.evaluation.sizes import Sizes, sizes_of
from compression.evaluation.speed import Timing, conditions, time_all
from compression.evaluation.statistics import (
    HALF,
    Scored,
    as_estimate,
    as_spread,
    averages,
    by_label,
    label_intervals,
)
from compression.methods import trains_further
from compression.metrics.bootstrap import bootstrap_weights, percentile_interval, resample
from compression.metrics.f1 import Quality, example_counts, macro, micro, totals
from compression.seeds import without_seed
from compression.teachers.ensemble import Ensemble
from compression.teachers.teacher import Teacher
from edgemood import Artifact, Classifier
from edgemood.format.manifest import Manifest

UNCOMPRESSED = "fp32"
RESAMPLES = 2000
BOOTSTRAP_SEED = 0
TEXTS_AT_ONCE = 1024


@dataclass(frozen=True)
class _Measured:
    """One variant on a split."""

    path: Path
    classifier: Classifier
    scored: Scored

    @property
    def name(self) -> str:
        """The file's, as in the service."""
        return self.path.stem

    @property
    def manifest(self) -> Manifest:
        return self.classifier.artifact.manifest

    @property
    def parent(self) -> str | None:
        """Key of the base."""
        return self.manifest.provenance.parent if self.manifest.provenance else None

    @property
    def sizes(self) -> Sizes:
        return sizes_of(self.classifier.artifact, self.path.stat().st_size)


def evaluate(
    paths: Sequence[Path],
    data: Dataset,
    *,
    split: str,
    reference: str | None = None,
    timed: bool = False,
    teachers: Sequence[Teacher | Ensemble] = (),
) -> Evaluation:
    """Measure variant files on one split and compare each with a reference.

    Args:
        paths: variant files; a variant's name is its file's.
        data: its labels must be those of the variants.
        split: `dev` or `test`.
        reference: name of the variant that the others are compared with. Where left out, each is
            compared with the uncompressed variant of its own base if that is among the files, and
            otherwise with `fp32`, the first uncompressed one, or the first.
        timed: whether to time them, too.
        teachers: transformers to measure beside them; of an ensemble, its members alone, too.

    Raises:
        ArtifactError: a file cannot be used.
        CompressionError: split, labels, names or reference do not fit.
    """
    names = [path.stem for path in paths]
    if len(set(names)) != len(names):
        raise CompressionError(f"two files have one name: {', '.join(names)}")
    if reference is not None and reference not in names:
        raise CompressionError(f"no reference {reference!r} among {', '.join(names)}")
    examples = _split(data, split)
    weights = bootstrap_weights(len(examples), resamples=RESAMPLES, seed=BOOTSTRAP_SEED)
    bar = tqdm(paths, desc=split, leave=False, disable=None)
    measured = {path.stem: _measure(path, examples, data.labels, weights) for path in bar}
    common = reference or _common_reference(measured)
    references = {
        name: measured[reference or _reference_of(m, measured) or common]
        for name, m in measured.items()
    }
    groups: dict[str, list[Scored]] = {}
    for name, m in measured.items():
        groups.setdefault(without_seed(name), []).append(m.scored)
    timings = _timings(measured, examples, common) if timed else {}
    return Evaluation(
        split=split,
        texts=len(examples),
        reference=common,
        resamples=RESAMPLES,
        conditions=conditions(len(examples)) if timed else None,
        results=tuple(
            _result(m, references[name], weights, timings.get(name)) for name, m in measured.items()
        ),
        by_seed=tuple(_by_seed(measured, references)),
        teachers=tuple(teacher_results(teachers, data, examples, groups, weights)),
    )


def _common_reference(measured: Mapping[str, _Measured]) -> str:
    plain = [name for name, m in measured.items() if m.manifest.method == UNCOMPRESSED]
    return UNCOMPRESSED if UNCOMPRESSED in measured else [*plain, *measured][0]


def _reference_of(m: _Measured, measured: Mapping[str, _Measured]) -> str | None:
    """The uncompressed variant of the same base."""
    same_base = [
        name
        for name, other in measured.items()
        if other.manifest.method == UNCOMPRESSED and other.parent == m.parent is not None
    ]
    return same_base[0] if same_base else None


def _timings(
    measured: Mapping[str, _Measured], examples: Split, reference: str
) -> dict[str, Timing]:
    classifiers = {name: m.classifier for name, m in measured.items()}
    return time_all(classifiers, examples.texts, reference=reference)


def quality_of(artifact: Artifact, examples: Split) -> dict[str, float]:
    """The figures that a manifest carries, rounded to what a split of thousands can tell."""
    scores = scores_of(Classifier(artifact), examples.texts)
    thresholds = np.array(artifact.manifest.thresholds, dtype=np.float32)
    counts, at_half = (
        example_counts(scores >= level, examples.targets) for level in (thresholds, HALF)
    )
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


def _measure(
    path: Path, examples: Split, labels: tuple[str, ...], weights: NDArray[np.float32]
) -> _Measured:
    classifier = Classifier.open(path)
    if classifier.labels != labels:
        raise CompressionError(
            f"{path}: its labels are {', '.join(classifier.labels)};"
            f" the data's are {', '.join(labels)}"
        )
    scores = scores_of(classifier, examples.texts)
    thresholds = classifier.artifact.manifest.thresholds
    return _Measured(path, classifier, Scored.of(scores, examples.targets, thresholds, weights))


def _result(
    m: _Measured, reference: _Measured, weights: NDArray[np.float32], timing: Timing | None
) -> Result:
    tuned, half = m.scored.counts(m.scored.thresholds), m.scored.counts(HALF)
    manifest = m.manifest
    return Result(
        name=m.name,
        method=manifest.method,
        further_training=trains_further(manifest.method),
        sizes=sizes_of(m.classifier.artifact, m.path.stat().st_size),
        resident_bytes=sum(m.classifier.resident_bytes.values()),
        timing=timing,
        tuned=averages(tuned),
        half=averages(half),
        labels=by_label(m.classifier.labels, tuned),
        labels_half=by_label(m.classifier.labels, half),
        label_f1=dict(zip(m.classifier.labels, label_intervals(m.scored), strict=True)),
        examples=dict(zip(m.classifier.labels, totals(tuned).actual.tolist(), strict=True)),
        macro_f1=as_estimate(percentile_interval(m.scored.macro_f1, macro(m.scored.resampled).f1)),
        micro_f1=as_estimate(
            percentile_interval(float(micro(totals(tuned)).f1), micro(m.scored.resampled).f1)
        ),
        against=None if m is reference else _compare(m, reference, weights),
    )


def _compare(m: _Measured, reference: _Measured, weights: NDArray[np.float32]) -> Comparison:
    same = (m.scored.scores >= m.scored.thresholds) == (
        reference.scored.scores >= reference.scored.thresholds
    )
    moved = m.scored.counts(reference.scored.thresholds)
    samples = macro(resample(moved, weights)).f1 - macro(reference.scored.resampled).f1
    moved_f1 = float(macro(totals(moved)).f1)
    return Comparison(
        reference=reference.name,
        difference=_mean_difference([(m, reference)]),
        difference_same_thresholds=as_estimate(
            percentile_interval(moved_f1 - reference.scored.macro_f1, samples)
        ),
        agreement=float(same.mean()),
        largest_score_change=float(np.abs(m.scored.scores - reference.scored.scores).max()),
    )


def _mean_difference(pairs: Sequence[tuple[_Measured, _Measured]]) -> Estimate:
    """Mean macro-F1 of the first ones minus that of the second, each pair of one seed.

    All differences of one resample come from the same texts drawn; where there are several pairs,
    they are drawn with replacement, too, so that the interval covers the choice of seeds.
    """
    estimate = float(np.mean([m.scored.macro_f1 - other.scored.macro_f1 for m, other in pairs]))
    samples = np.stack(
        [macro(m.scored.resampled).f1 - macro(other.scored.resampled).f1 for m, other in pairs]
    )
    generator = np.random.default_rng(BOOTSTRAP_SEED)
    drawn = generator.integers(len(pairs), size=samples.shape)
    resampled = np.take_along_axis(samples, drawn, axis=0).mean(axis=0)
    return as_estimate(percentile_interval(estimate, resampled))


def _by_seed(
    measured: Mapping[str, _Measured], references: Mapping[str, _Measured]
) -> Iterator[SeedGroup]:
    groups: dict[str, list[_Measured]] = {}
    for name, m in measured.items():
        groups.setdefault(without_seed(name), []).append(m)
    for name, group in groups.items():
        if len(group) < 2:  # no spread
            continue
        pairs = [(m, references[m.name]) for m in group]
        halves = [macro(totals(m.scored.counts(HALF))) for m in group]
        yield SeedGroup(
            name=name,
            seeds=len(group),
            file_bytes=as_spread([m.path.stat().st_size for m in group]),
            layer_bytes=as_spread([m.sizes.layers for m in group]),
            macro_f1=as_spread([m.scored.macro_f1 for m in group]),
            micro_f1=as_spread(
                [float(micro(totals(m.scored.counts(m.scored.thresholds))).f1) for m in group]
            ),
            half={
                ratio: as_spread([float(getattr(half, ratio)) for half in halves])
                for ratio in Quality._fields
            },
            difference=None if all(m is r for m, r in pairs) else _mean_difference(pairs),
        )


def table(evaluation: Evaluation) -> Iterator[str]:
    """Lines of a plain-text table."""
    yield (
        f"{evaluation.split} split, {evaluation.texts:,} texts; intervals: 95 %,"
        f" {evaluation.resamples:,} paired bootstrap resamples"
    )
    width = max(16, *(len(r.name) + 2 for r in evaluation.results))
    yield (
        f"{'variant':<{width}}{'bytes':>11}{'macro-F1':>10}{'95 % interval':>18}"
        f"{'minus its reference':>28}{'micro-F1':>10}   at 0.5: F1    P    R"
    )
    for r in evaluation.results:
        change = r.against and r.against.difference
        minus = f"{change.estimate:+.4f} [{change.low:+.4f}, {change.high:+.4f}]" if change else ""
        half = r.half.macro
        yield (
            f"{r.name:<{width}}{r.sizes.file:>11,}{r.macro_f1.estimate:>10.4f}"
            f"{f'[{r.macro_f1.low:.4f}, {r.macro_f1.high:.4f}]':>18}{minus:>28}"
            f"{r.tuned.micro.f1:>10.4f}{half.f1:>13.3f} {half.precision:.2f} {half.recall:.2f}"
        )
    for t in evaluation.teachers:
        yield (
            f"{t.name:<{width}}{t.file_bytes:>11,}{t.macro_f1.estimate:>10.4f}"
            f"{f'[{t.macro_f1.low:.4f}, {t.macro_f1.high:.4f}]':>18}{'teacher':>28}"
            f"{t.tuned.micro.f1:>10.4f}{t.half.macro.f1:>13.3f} {t.half.macro.precision:.2f}"
            f" {t.half.macro.recall:.2f}"
        )
        for name, kept in t.kept.items():
            yield f"  {name} keeps {kept.estimate:.1%} [{kept.low:.1%}, {kept.high:.1%}] of it"
