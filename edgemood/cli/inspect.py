"""`edgemood inspect`: print the sizes, labels, thresholds, method and metrics of a variant."""

import argparse
from collections.abc import Iterator, Mapping
from pathlib import Path

from edgemood.classifier import Classifier
from edgemood.format.artifact import Artifact
from edgemood.format.file import VariantFile


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
    for label, threshold in zip(manifest.labels, manifest.thresholds, strict=True):
        yield f"  {label:<22}threshold {threshold:.3f}"
    for split, metrics in manifest.metrics.items():
        yield f"  {split:<22}{_fields(metrics)}"


def _parts(artifact: Artifact) -> Iterator[tuple[str, str, str]]:
    """Name, encoding and shape of the vocabulary and of each weight."""
    vocabulary = artifact.vocabulary
    yield "vocabulary", vocabulary.encoding, f"{len(vocabulary)} rows"
    for name, weight in artifact.weights.items():
        yield name, weight.encoding, "x".join(map(str, weight.shape))


def _fields(fields: Mapping[str, object]) -> str:
    return " ".join(f"{name}={value}" for name, value in fields.items())
