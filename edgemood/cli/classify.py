"""`edgemood classify`: print the labels and scores of texts."""

import argparse
import json
import sys
from collections.abc import Iterable, Iterator
from io import TextIOWrapper
from pathlib import Path

from edgemood.classifier import DEFAULT_VARIANT, Classifier
from edgemood.decision import Prediction
from edgemood.errors import EdgemoodError


def add_parser(
    commands: "argparse._SubParsersAction[argparse.ArgumentParser]",
) -> argparse.ArgumentParser:
    """Add the command and its arguments."""
    parser = commands.add_parser(
        "classify",
        help="label texts",
        description="Print one line for each text: its labels and their scores.",
    )
    parser.add_argument("texts", nargs="+", metavar="TEXT", help="a text, or - for lines of stdin")
    parser.add_argument(
        "--variant",
        type=Path,
        default=DEFAULT_VARIANT,
        metavar="FILE",
        help=f"default: {DEFAULT_VARIANT.stem}, which is part of the package",
    )
    parser.add_argument(
        "--json", action="store_true", help="print each prediction as JSON with every score"
    )
    return parser


def run(options: argparse.Namespace) -> Iterator[str]:
    """Yield one line for each text.

    Texts are classified one at a time, so that each line of a stream is printed as it arrives.

    Raises:
        ArtifactError: the variant cannot be used.
        EdgemoodError: standard input cannot be read, or a score is not finite.
    """
    classifier = Classifier.open(options.variant)
    write = _as_json if options.json else _as_text
    for text in _texts(options.texts):
        yield from map(write, classifier.classify([text]))


def _texts(arguments: Iterable[str]) -> Iterator[str]:
    for argument in arguments:
        if argument == "-":
            yield from _lines()
        else:
            yield argument


def _lines() -> Iterator[str]:
    """The lines of standard input. Bytes that are no text in its encoding become U+FFFD."""
    lines = sys.stdin or ()  # None if standard input is closed
    if isinstance(lines, TextIOWrapper):
        lines.reconfigure(errors="replace")
    try:
        yield from (line.rstrip("\n") for line in lines)
    except OSError as error:
        raise EdgemoodError(f"standard input cannot be read: {error.strerror}") from error


def _as_json(prediction: Prediction) -> str:
    scores = {label: round(score, 6) for label, score in prediction.scores.items()}
    fields: dict[str, object] = {"labels": prediction.labels, "scores": scores}
    if prediction.unsure is not None:
        fields["unsure"] = prediction.unsure
    return json.dumps(fields, ensure_ascii=False)


def _as_text(prediction: Prediction) -> str:
    if prediction.unsure:
        label = max(prediction.scores, key=lambda label: prediction.scores[label])
        return f"(unsure; the highest score is {_scored(prediction, label)})"
    labels = [_scored(prediction, label) for label in prediction.labels]
    return "  ".join(labels) or "(no label reached its threshold)"


def _scored(prediction: Prediction, label: str) -> str:
    return f"{label} {prediction.scores[label]:.2f}"
