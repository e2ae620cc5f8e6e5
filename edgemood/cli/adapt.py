"""`edgemood adapt`: fit a variant to labelled texts, or to other labels, without training."""

import argparse
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np

from edgemood.adaptation.adapting import (
    FEWEST_TEXTS,
    FULL_FROM,
    Examples,
    Fitted,
    adapted,
    fit_adaptation,
)
from edgemood.adaptation.label_set import LabelSet
from edgemood.adaptation.labelled_texts import LabelNames, read_texts
from edgemood.classifier import DEFAULT_VARIANT, Classifier
from edgemood.cli.progress import Progress
from edgemood.errors import AdaptationError
from edgemood.format.artifact import SUFFIX, Artifact
from edgemood.format.file import VariantFile
from edgemood.format.manifest import VARIANT_NAME

_DESCRIPTION = f"""
Fit an affine map of the logits and new thresholds to labelled texts, and write a new variant file
whose weights are those of the old one. {FEWEST_TEXTS} texts are the least; 100 usually help, and
from {FULL_FROM} on the labels learn from each other. The gain in macro-F1 is measured by
cross-validation. If its 95 %% interval includes zero, nothing is written, unless --force is given.
"""
_EPILOG = """
examples:
  edgemood adapt apot-kd --data texts.csv --out mine.safetensors
  edgemood adapt apot-kd --data texts.csv --out mine.safetensors --map happy=joy mad=anger
  edgemood adapt apot-kd --data texts.csv --out polarity.safetensors \\
    --labels positive=joy negative=anger,disgust,fear,sadness neutral=neutral,surprise
"""


def add_parser(
    commands: "argparse._SubParsersAction[argparse.ArgumentParser]",
) -> argparse.ArgumentParser:
    """Add the command and its arguments."""
    parser = commands.add_parser(
        "adapt",
        help="fit a variant to labelled texts, or to other labels",
        description=_DESCRIPTION,
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "variant",
        type=Path,
        metavar="VARIANT",
        help=f"variant file, or {DEFAULT_VARIANT.stem}, which is part of the package",
    )
    parser.add_argument(
        "--data",
        type=Path,
        required=True,
        metavar="FILE",
        help=".csv or .tsv file with the columns text and labels; labels separated by , or |",
    )
    parser.add_argument(
        "--out", type=Path, required=True, metavar="FILE", help=f"new file, NAME{SUFFIX}"
    )
    parser.add_argument(
        "--map",
        nargs="+",
        default=[],
        metavar="NAME=LABEL",
        help="names in the data that count as a label of the variant",
    )
    parser.add_argument(
        "--labels",
        nargs="+",
        metavar="LABEL=OLD,OLD",
        help="other labels, each made of one or several of the variant's",
    )
    parser.add_argument(
        "--seed", type=int, default=0, help="of the division into folds, default: %(default)s"
    )
    parser.add_argument(
        "--force", action="store_true", help="write the file even if the gain is not clear"
    )
    parser.add_argument(
        "--overwrite", action="store_true", help="replace the file of --out if it exists"
    )
    return parser


def run(options: argparse.Namespace) -> Iterator[str]:
    """Yield the gain of each label, and write the file.

    Raises:
        AdaptationError: an argument or a row of the data is wrong, or the gain is not clear.
        ArtifactError: the variant cannot be used.
        OSError: the file cannot be written.
    """
    file = VariantFile.read(_existing(options.variant))
    _check_out(options.out, file.path, overwrite=options.overwrite)
    classifier = Classifier.from_file(file)
    label_set = _label_set(options.labels, classifier)
    examples = _examples(options, classifier, label_set)
    progress = Progress("cross-validation")
    fitted = fit_adaptation(
        classifier.artifact.manifest, label_set, examples, seed=options.seed, report=progress
    )
    progress.end()
    yield from _table(fitted)
    yield from _remarks(classifier.artifact, fitted)
    if not fitted.is_clear and not options.force:
        raise AdaptationError(
            "not written: the interval of the gain includes zero. Add texts, or use --force"
        )
    variant = adapted(classifier.artifact, fitted, name=options.out.stem, parent_sha256=file.sha256)
    variant.save(options.out)
    yield from _written(options.out, classifier.artifact.manifest.name, file.sha256)


def _existing(path: Path) -> Path:
    """The path, or that of the default variant if its name is given and no such file exists."""
    is_default = str(path) == DEFAULT_VARIANT.stem and not path.exists()
    return DEFAULT_VARIANT if is_default else path


def _check_out(out: Path, variant: Path, *, overwrite: bool) -> None:
    """Refuse what would fail, or would lose a file, before any work is done."""
    if out.suffix != SUFFIX:
        raise AdaptationError(f"{out}: the name of --out must end with {SUFFIX}")
    if not re.fullmatch(VARIANT_NAME, out.stem):
        raise AdaptationError(
            f"{out}: {out.stem!r} cannot be the name of a variant; use small letters, digits and"
            " . _ -"
        )
    if not out.parent.is_dir():
        raise AdaptationError(f"{out}: there is no folder {out.parent}; create it")
    if out.exists() and variant.exists() and out.samefile(variant):
        raise AdaptationError(f"{out}: --out is the variant itself; choose another name")
    if out.exists() and not overwrite:
        raise AdaptationError(f"{out} exists; choose another name, or use --overwrite")


def _label_set(arguments: Sequence[str] | None, classifier: Classifier) -> LabelSet:
    if arguments is None:
        return LabelSet.same(classifier.labels)
    return LabelSet.parse(arguments, classifier.labels)


def _renamed(arguments: Sequence[str], labels: Sequence[str]) -> Mapping[str, str]:
    renamed: dict[str, str] = {}
    for argument in arguments:
        name, _, label = (part.strip() for part in argument.partition("="))
        if not name or label not in labels:
            raise AdaptationError(
                f"--map: {argument!r} is not of the form NAME=LABEL with one of the labels"
                f" {', '.join(labels)}"
            )
        if renamed.setdefault(name, label) != label:
            raise AdaptationError(f"--map: {name} is mapped to {renamed[name]} and to {label}")
    return renamed


def _examples(options: argparse.Namespace, classifier: Classifier, label_set: LabelSet) -> Examples:
    labels = label_set.labels
    exactly_one = classifier.artifact.manifest.decision == "single-label"
    names = LabelNames(labels, _renamed(options.map, labels), exactly_one)
    rows = read_texts(options.data, names)
    if not rows:
        raise AdaptationError(f"{options.data}: no rows below the header")
    targets = np.array([[label in row.labels for label in labels] for row in rows])
    return Examples.of(classifier, [row.text for row in rows], targets)


def _table(fitted: Fitted) -> Iterator[str]:
    width = max(len("macro-F1"), *(len(row.label) for row in fitted.by_label))
    yield f"{'label':<{width}}  texts  F1 before  after"
    for label, texts, before, after in fitted.by_label:
        figures = f"{before:>9.3f}  {after:.3f}" if texts else f"{'–':>9}  {'–':>5}"
        yield f"{label:<{width}}  {texts:>5,}  {figures}"
    occurring = [row for row in fitted.by_label if row.texts]
    before = sum(row.before for row in occurring) / len(occurring)
    after = sum(row.after for row in occurring) / len(occurring)
    yield f"{'macro-F1':<{width}}  {fitted.texts:>5,}  {before:>9.3f}  {after:.3f}"
    gain = fitted.gain
    yield (
        f"gain {gain.estimate:+.3f} [{gain.low:+.3f}, {gain.high:+.3f}] by cross-validation;"
        f" {'full' if fitted.is_full else 'diagonal'} map, strength {fitted.strength:g}"
    )


def _remarks(parent: Artifact, fitted: Fitted) -> Iterator[str]:
    if fitted.unfitted:
        yield f"not fitted, for lack of texts with and without: {', '.join(fitted.unfitted)}"
    used = {column for group in fitted.label_set.groups for column in group}
    unused = [label for i, label in enumerate(parent.manifest.labels) if i not in used]
    if unused:
        yield f"part of no new label: {', '.join(unused)}"


def _written(out: Path, parent: str, sha256: str) -> Iterator[str]:
    yield f"wrote {out} ({out.stat().st_size:,} bytes), made of {parent} ({sha256[:12]}…)"
    yield f'try it: edgemood classify --variant {out} "a text"'
    yield f"serve it: EMOTION_VARIANTS={out.parent} python -m service"
