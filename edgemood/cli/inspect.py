"""`edgemood inspect`: print the sizes, labels, decision, method and metrics of a variant."""

import argparse
from collections.abc import Iterator, Mapping
from pathlib import Path

from edgemood.classifier import Classifier
from edgemood.format.artifact import Artifact
from edgemood.format.file import VariantFile
from edgemood.format.manifest import Adaptation, Manifest


def add_parser(
    commands: "argparse._SubParsersAction[argparse.ArgumentParser]",
) -> argparse.ArgumentParser:
    """Add the command and its arguments."""
    parser = commands.add_parser(
        "inspect",
        help="show what a variant file holds",
        description="Show sizes by part, labels, thresholds, method and metrics.",
    )
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE")
    parser.add_argument("--json", action="store_true", help="print the manifest as JSON")
    return parser


def run(options: argparse.Namespace) -> Iterator[str]:
    """Yield the description of each file, or its manifest as JSON.

    Raises:
        ArtifactError: a file cannot be used.
    """
    for path in options.files:
        file = VariantFile.read(path)
        classifier = Classifier.from_file(file)
        if options.json:
            yield classifier.artifact.manifest.model_dump_json(indent=2)
        else:
            yield from _summary(file, classifier.artifact)
            yield ""
            yield from _sizes(file, classifier)
            yield ""
            yield from _labels_and_metrics(classifier.artifact)


def _summary(file: VariantFile, artifact: Artifact) -> Iterator[str]:
    manifest = artifact.manifest
    yield f"{file.path}  {len(file.content):,} bytes"
    yield f"  sha256        {file.sha256}"
    yield f"  name          {manifest.name}"
    yield f"  architecture  {manifest.architecture} {_fields(manifest.sizes)}"
    yield f"  method        {manifest.method} {_fields(manifest.settings)}"
    if manifest.provenance:
        yield f"  provenance    {_fields(manifest.provenance.model_dump())}"


def _sizes(file: VariantFile, classifier: Classifier) -> Iterator[str]:
    artifact, total = classifier.artifact, len(file.content)
    stored, resident = artifact.stored_bytes, classifier.resident_bytes
    yield f"  {'part':<22}{'encoding':<17}{'shape':>12}{'file bytes':>14}{'in memory':>14}"
    for part, encoding, shape in _parts(artifact):
        yield f"  {part:<22}{encoding:<17}{shape:>12}{stored[part]:>14,}{resident[part]:>14,}"
    for part in [name for name in resident if name not in stored]:
        yield f"  {part:<51}{'':>14}{resident[part]:>14,}"
    yield f"  {'manifest and header':<51}{total - sum(stored.values()):>14,}"
    yield f"  {'all':<51}{total:>14,}{sum(resident.values()):>14,}"


def _labels_and_metrics(artifact: Artifact) -> Iterator[str]:
    manifest = artifact.manifest
    if manifest.decision == "single-label":
        yield f"  {'decision':<22}single-label: the label with the highest score"
    if manifest.adaptation:
        yield f"  {'adaptation':<22}{_adaptation(manifest.adaptation)}"
    if manifest.abstention:
        fields = manifest.abstention.model_dump(exclude_none=True)
        yield f"  {'abstention':<22}{_fields(fields)}"
    for i, label in enumerate(manifest.labels):
        yield f"  {label:<22}{'  '.join(_label_parameters(manifest, i))}".rstrip()
    for split, metrics in manifest.metrics.items():
        yield f"  {split:<22}{_fields(metrics)}"


def _adaptation(adaptation: Adaptation) -> str:
    parent, inputs = adaptation.parent, len(adaptation.weights[0])
    return (
        f"of {parent.name} ({parent.sha256}) to {adaptation.texts:,} texts, macro-F1"
        f" {adaptation.gain:+.3f} [{adaptation.gain_low:+.3f}, {adaptation.gain_high:+.3f}];"
        f" {len(adaptation.weights)}x{inputs} weights"
    )


def _label_parameters(manifest: Manifest, label: int) -> Iterator[str]:
    """The numbers that turn the logit of the label at a position into a decision."""
    if manifest.decision == "multi-label":
        yield f"threshold {manifest.thresholds[label]:.3f}"
    if manifest.calibration and not manifest.adaptation:
        yield f"slope {manifest.calibration.slopes[label]:.3f}"
        yield f"bias {manifest.calibration.biases[label]:+.3f}"


def _parts(artifact: Artifact) -> Iterator[tuple[str, str, str]]:
    """Name, encoding and shape of the vocabulary and of each weight."""
    vocabulary = artifact.vocabulary
    yield "vocabulary", vocabulary.encoding, f"{len(vocabulary)} rows"
    for name, weight in artifact.weights.items():
        yield name, weight.encoding, "x".join(map(str, weight.shape))


def _fields(fields: Mapping[str, object]) -> str:
    return " ".join(f"{name}={value}" for name, value in fields.items())
