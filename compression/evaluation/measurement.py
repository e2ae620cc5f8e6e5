"""Opens variant files and scores them on a split."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from compression.data.dataset import Split
from compression.errors import CompressionError
from compression.evaluation.joining import LabelJoin
from compression.evaluation.scores import predict_scores
from compression.evaluation.single_label import right_answers
from compression.evaluation.sizes import Sizes, sizes_of
from compression.evaluation.statistics import ScoredSplit
from edgemood import Classifier
from edgemood.format.manifest import Manifest


@dataclass(frozen=True)
class MeasuredVariant:
    """A variant file with its scores on a split."""

    path: Path
    classifier: Classifier
    scored: ScoredSplit

    @property
    def name(self) -> str:
        """The file's name, which is also the variant's name in the service."""
        return self.path.stem

    @property
    def manifest(self) -> Manifest:
        """The manifest of the file."""
        return self.classifier.artifact.manifest

    @property
    def parent(self) -> str | None:
        """Key of the variant's base, if the file has it."""
        return self.manifest.provenance.parent if self.manifest.provenance else None

    @property
    def file_bytes(self) -> int:
        """Size of the file."""
        return self.path.stat().st_size

    @property
    def sizes(self) -> Sizes:
        """Size of the file by content."""
        return sizes_of(self.classifier.artifact, self.file_bytes)

    def right(self, single: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Whether the highest score is right, for each of the texts with exactly one label."""
        return right_answers(self.scored, self.manifest.decision, single)


def measure_all(
    paths: Sequence[Path],
    examples: Split,
    labels: tuple[str, ...],
    weights: NDArray[np.float32],
    *,
    joined: Mapping[str, str] | None = None,
) -> dict[str, MeasuredVariant]:
    """Score variants on a split.

    Args:
        paths: variant files.
        examples: the split.
        labels: those of the data.
        weights: of the examples in each resample.
        joined: from labels of variants to the labels of the data that they count as.

    Returns:
        By name, in the order of the paths.

    Raises:
        ArtifactError: a file cannot be used.
        CompressionError: a variant has other labels.
    """
    bar = tqdm(paths, desc="variants", leave=False, disable=None)
    return {path.stem: _measure(path, examples, labels, weights, joined) for path in bar}


def _measure(
    path: Path,
    examples: Split,
    labels: tuple[str, ...],
    weights: NDArray[np.float32],
    joined: Mapping[str, str] | None,
) -> MeasuredVariant:
    classifier = Classifier.open(path)
    try:
        join = LabelJoin.of(classifier.labels, labels, joined)
    except CompressionError as error:
        raise CompressionError(f"{path}: {error}") from error
    scores = predict_scores(classifier, examples.texts)
    scored = ScoredSplit.of(
        scores,
        examples.targets,
        classifier.rule.decide,
        weights,
        join=None if classifier.labels == labels else join,
    )
    return MeasuredVariant(path, classifier, scored)
