"""Adapts variants to random draws of a dev split, and measures them on the test split."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple, Self

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from compression.data.dataset import Dataset, Split
from compression.errors import CompressionError
from compression.evaluation.adaptation.results import (
    AdaptationEvaluation,
    AdaptedVariant,
    DrawsResult,
)
from compression.evaluation.figures import Spread
from compression.evaluation.scores import predict_logits
from compression.evaluation.statistics import BOOTSTRAP_SEED, RESAMPLES, estimate
from compression.metrics.bootstrap import bootstrap_weights, resample
from compression.metrics.calibration_error import expected_calibration_error
from compression.metrics.f1 import Float, example_counts, macro, totals
from edgemood import Classifier, Manifest, VariantFile
from edgemood.adaptation import Examples, Fitted, LabelSet, adapted, fit_adaptation
from edgemood.decision import DecisionRule


class _Measured(NamedTuple):
    macro_f1: float
    resampled: Float
    """*Shape:* `(resamples,)`."""
    ece: float


class _Draw(NamedTuple):
    fitted: Fitted
    measured: _Measured


@dataclass(frozen=True)
class _Parent:
    """A variant before adaptation, and the logits that it gives the texts of both splits."""

    file: VariantFile
    classifier: Classifier
    dev: Examples
    test: Split
    test_logits: NDArray[np.float32]
    weights: NDArray[np.float32]

    @classmethod
    def open(cls, path: Path, data: Dataset, weights: NDArray[np.float32]) -> Self:
        file = VariantFile.read(path)
        classifier = Classifier.from_file(file)
        if classifier.labels != tuple(data.labels):
            raise CompressionError(f"{path}: its labels are not those of the data")
        dev, test = data.splits["dev"], data.splits["test"]
        examples = Examples.of(classifier, dev.texts, dev.targets)
        logits = predict_logits(classifier, test.texts)
        return cls(file, classifier, examples, test, logits, weights)

    def measure(self, manifest: Manifest) -> _Measured:
        """Measure the decisions of a manifest on the test split."""
        rule = DecisionRule(manifest)
        scores = rule.scores(self.test_logits)
        counts = example_counts(rule.decide(scores), self.test.targets)
        return _Measured(
            float(macro(totals(counts)).f1),
            macro(resample(counts, self.weights)).f1,
            float(expected_calibration_error(scores, self.test.targets).mean()),
        )

    def draws(self, size: int, count: int) -> Iterator[_Draw]:
        parent, label_set = self.classifier.artifact, LabelSet.same(self.classifier.labels)
        name = f"{self.file.path.stem}, {size:,} texts"
        for draw in tqdm(range(count), desc=name, leave=False, disable=None):
            order = np.random.default_rng((size, draw)).permutation(len(self.dev.keys))
            examples = self.dev.part(order[:size].tolist())
            fitted = fit_adaptation(parent.manifest, label_set, examples)
            variant = adapted(parent, fitted, name="adapted", parent_sha256=self.file.sha256)
            yield _Draw(fitted, self.measure(variant.manifest))


def measure_adaptations(
    paths: Sequence[Path],
    data: Dataset,
    *,
    source: str | None,
    sizes: Sequence[int],
    draws: int,
) -> AdaptationEvaluation:
    """Adapt each variant to several draws of each size.

    Args:
        paths: variant files.
        data: draws are from its dev split. Its test split measures, and chooses nothing.
        source: the name of the data in its recipe.
        sizes: numbers of texts.
        draws: how many of each size; they differ, and are the same for all variants.

    Raises:
        ArtifactError: a file cannot be used.
        CompressionError: a variant has other labels than the data, or dev is smaller than a draw.
    """
    dev, test = data.splits["dev"], data.splits.get("test")
    if test is None or len(dev) < max(sizes):
        raise CompressionError(f"needs a test split, and {max(sizes):,} texts of dev")
    weights = bootstrap_weights(len(test), resamples=RESAMPLES, seed=BOOTSTRAP_SEED)
    parents = [_Parent.open(path, data, weights) for path in paths]
    return AdaptationEvaluation(
        source=source,
        measured_on=test.sha256,
        test_texts=len(test),
        resamples=RESAMPLES,
        results=tuple(_variant(parent, sizes, draws) for parent in parents),
    )


def _variant(parent: _Parent, sizes: Sequence[int], draws: int) -> AdaptedVariant:
    before = parent.measure(parent.classifier.artifact.manifest)
    return AdaptedVariant(
        name=parent.file.path.stem,
        file_sha256=parent.file.sha256,
        macro_f1=estimate(before.macro_f1, before.resampled),
        ece=before.ece,
        adapted=tuple(_result(size, list(parent.draws(size, draws)), before) for size in sizes),
    )


def _result(size: int, draws: Sequence[_Draw], before: _Measured) -> DrawsResult:
    gains = np.array([draw.measured.macro_f1 - before.macro_f1 for draw in draws])
    stated = [draw.fitted.gain for draw in draws]
    resampled = np.mean([draw.measured.resampled for draw in draws], axis=0)
    covered = [own.low <= gain <= own.high for own, gain in zip(stated, gains, strict=True)]
    return DrawsResult(
        texts=size,
        draws=len(draws),
        macro_f1=estimate(float(gains.mean()) + before.macro_f1, resampled),
        gain=estimate(float(gains.mean()), resampled - before.resampled),
        gain_of_draws=_spread(gains),
        ece=float(np.mean([draw.measured.ece for draw in draws])),
        stated_gain=_spread(np.array([gain.estimate for gain in stated])),
        clear=float(np.mean([draw.fitted.is_clear for draw in draws])),
        covered=float(np.mean(covered)),
    )


def _spread(values: Float) -> Spread:
    return Spread(mean=float(values.mean()), sd=float(values.std(ddof=1)) if len(values) > 1 else 0)
