"""Command line: `edgemood classify` and `edgemood inspect`."""

import argparse
import json
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from io import TextIOWrapper
from pathlib import Path

from edgemood import __version__
from edgemood.classifier import Classifier, Prediction
from edgemood.errors import ArtifactError
from edgemood.format.artifact import SUFFIX, Artifact, file_sha256

DEFAULT_VARIANTS = Path("variants")
DEFAULT_NAME = "fp32"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command.

    Returns:
        0; 2 where a file or an argument cannot be used, after saying so on standard error.
    """
    options = _parser().parse_args(arguments)
    try:
        run = _inspect if options.command == "inspect" else _classify
        for line in run(options):
            print(line, flush=True)
    except ArtifactError as error:
        print(f"edgemood: {error}", file=sys.stderr)
        return 2
    except BrokenPipeError:  # the reader, `head` perhaps, has seen enough
        sys.stderr.close()
    except OSError as error:
        print(f"edgemood: cannot write: {error.strerror}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="edgemood", description="Emotion labels for text.")
    parser.add_argument("--version", action="version", version=f"edgemood {__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    classify = commands.add_parser(
        "classify",
        help="label texts",
        description="Print one line for each text: its labels and their scores.",
    )
    classify.add_argument(
        "texts", nargs="+", metavar="TEXT", help="a text, or - for lines of stdin"
    )
    default = DEFAULT_VARIANTS / f"{DEFAULT_NAME}{SUFFIX}"
    classify.add_argument(
        "--variant", type=Path, default=default, metavar="FILE", help="default: %(default)s"
    )
    classify.add_argument(
        "--json", action="store_true", help="print each answer as JSON with every score"
    )

    inspect = commands.add_parser(
        "inspect",
        help="show what a variant file holds",
        description="Show sizes by part, labels, thresholds, method and metrics.",
    )
    inspect.add_argument("files", nargs="+", type=Path, metavar="FILE")
    inspect.add_argument("--json", action="store_true", help="print the manifest as JSON")
    return parser


def _classify(options: argparse.Namespace) -> Iterator[str]:
    classifier = Classifier.open(options.variant)
    write = _as_json if options.json else _as_text
    for text in _texts(options.texts):  # one by one, so that a stream is answered as it comes
        yield from map(write, classifier.classify([text]))


def _texts(arguments: Iterable[str]) -> Iterator[str]:
    for argument in arguments:
        if argument == "-":
            lines = sys.stdin or ()  # a closed standard input has no lines
            if isinstance(lines, TextIOWrapper):
                lines.reconfigure(errors="replace")
            yield from (line.rstrip("\n") for line in lines)
        else:
            yield argument


def _as_json(prediction: Prediction) -> str:
    scores = {label: round(score, 6) for label, score in prediction.scores.items()}
    return json.dumps({"labels": prediction.labels, "scores": scores}, ensure_ascii=False)


def _as_text(prediction: Prediction) -> str:
    given = [f"{label} {prediction.scores[label]:.2f}" for label in prediction.labels]
    return "  ".join(given) or "(no label reached its threshold)"


def _inspect(options: argparse.Namespace) -> Iterator[str]:
    for path in options.files:
        classifier = Classifier.open(path)
        if options.json:
            yield classifier.artifact.manifest.model_dump_json(indent=2)
        else:
            yield from _description(path, classifier)


def _description(path: Path, classifier: Classifier) -> Iterator[str]:
    artifact, manifest = classifier.artifact, classifier.artifact.manifest
    total = path.stat().st_size
    yield f"{path}  {total:,} bytes"
    yield f"  sha256        {file_sha256(path)}"
    yield f"  name          {manifest.name}"
    yield f"  architecture  {manifest.architecture} {_listed(manifest.sizes)}"
    yield f"  method        {manifest.method} {_listed(manifest.settings)}"
    if manifest.provenance:
        yield f"  provenance    {_listed(manifest.provenance.model_dump())}"
    yield ""
    yield f"  {'part':<22}{'encoding':<17}{'shape':>12}{'file bytes':>14}{'in memory':>14}"
    stored, resident = artifact.stored_bytes, classifier.resident_bytes
    for part, encoding, shape in _parts(artifact):
        yield f"  {part:<22}{encoding:<17}{shape:>12}{stored[part]:>14,}{resident[part]:>14,}"
    for part in [name for name in resident if name not in stored]:
        yield f"  {part:<51}{'':>14}{resident[part]:>14,}"
    yield f"  {'manifest and header':<51}{total - sum(stored.values()):>14,}"
    yield f"  {'all':<51}{total:>14,}{sum(resident.values()):>14,}"
    yield ""
    for label, threshold in zip(manifest.labels, manifest.thresholds, strict=True):
        yield f"  {label:<22}threshold {threshold:.3f}"
    for split, metrics in manifest.metrics.items():
        yield f"  {split:<22}{_listed(metrics)}"


def _parts(artifact: Artifact) -> Iterator[tuple[str, str, str]]:
    """Name, encoding and shape of the vocabulary and of each weight."""
    vocabulary = artifact.vocabulary
    yield "vocabulary", vocabulary.encoding, f"{len(vocabulary)} rows"
    for name, weight in artifact.weights.items():
        yield name, weight.encoding, "x".join(map(str, weight.shape))


def _listed(fields: Mapping[str, object]) -> str:
    return " ".join(f"{name}={value}" for name, value in fields.items())


if __name__ == "__main__":
    sys.exit(main())
