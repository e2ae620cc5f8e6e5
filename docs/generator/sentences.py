"""Blocks about single sentences; runs the shipped variants on them."""

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from formatting import paragraph, table

from edgemood import Classifier

Rows = Sequence[Mapping[str, str]]

VARIANTS = ("apot-kd", "fp32")
HARD = ("questions", "negation", "third-person", "headlines", "implied")
"""The registers of `errors`, in the order of its files."""
MOST = 3
_FOLDER = Path(__file__).resolve().parents[2] / "variants"


def plain(rows: Rows, shipped: Mapping[str, Any]) -> str:
    """How many sentences get the intended label, and which do not."""
    predictions = [_predicted(rows, name) for name in VARIANTS]
    right = [
        sum(row["labels"] in found for row, found in zip(rows, given, strict=True))
        for given in predictions
    ]
    recalls = {r["name"]: r["tuned"]["micro"]["recall"] for r in shipped["results"]}
    missed = [
        row
        for row, *given in zip(rows, *predictions, strict=True)
        if not all(row["labels"] in found for found in given)
    ]
    summary = paragraph(
        f"The intended label is among the given ones in {right[0]} of {len(rows)} sentences for"
        f" {VARIANTS[0]} and in {right[1]} for {VARIANTS[1]}. On the test split they give"
        f" {recalls[VARIANTS[0]]:.0%} and {recalls[VARIANTS[1]]:.0%} of the labels (micro recall)."
        " These sentences are missed by at least one of the two:"
    )
    return f"{summary}\n\n{far(missed)}"


def far(rows: Rows) -> str:
    """The labels of each sentence."""
    predictions = [_predicted(rows, name) for name in VARIANTS]
    cells = [
        [row["text"], row["labels"], *[", ".join(found) or "–" for found in given]]
        for row, *given in zip(rows, *predictions, strict=True)
    ]
    return table(["text", "intended", *VARIANTS], cells)


def errors(*registers: Rows) -> str:
    """What the default variant answers instead, in the registers of `HARD`."""
    classifier = _classifier(VARIANTS[0])
    rows = [
        [name, *_error_cells(rows, classifier)] for name, rows in zip(HARD, registers, strict=True)
    ]
    return table(["register", ">wrong", "answers instead", "the surest of these errors"], rows)


def _error_cells(rows: Rows, classifier: Classifier) -> list[str]:
    scores = classifier.scores([row["text"] for row in rows])
    found = [
        (score.max(), classifier.labels[score.argmax()], row)
        for row, score in zip(rows, scores, strict=True)
    ]
    wrong = [one for one in found if one[1] not in one[2]["labels"].split(",")]
    if not wrong:
        return [f"0 of {len(rows)}", "–", "–"]
    counts = Counter(label for _, label, _ in wrong).most_common(MOST)
    _, label, row = max(wrong, key=lambda one: one[0])
    intended = row["labels"].replace(",", " or ")
    return [
        f"{len(wrong)} of {len(rows)}",
        ", ".join(f"{label} {count}" for label, count in counts),
        f"{row['text']} (*{label}* instead of *{intended}*)",
    ]


def _classifier(variant: str) -> Classifier:
    return Classifier.open(_FOLDER / f"{variant}.safetensors")


def _predicted(rows: Rows, variant: str) -> list[tuple[str, ...]]:
    classifier = _classifier(variant)
    return [found.labels for found in classifier.classify([row["text"] for row in rows])]
