"""What about data is likely to spoil a training or a measurement."""

import re
from collections.abc import Iterator

import numpy as np

from compression.data.preview.summary import Summary
from compression.data.tables.examples import Example
from compression.messages import listed

FEWEST_EXAMPLES = 20
"""Of a label in the training texts."""
LARGEST_SHARE = 0.9
"""Of the training texts that have one label."""
LONGEST = 10_000
"""Characters of a text that is likely to be several."""
MOST_LABELS = 200
"""More are likely to be texts."""
_LINES_SHOWN = 5
_NUMBER = re.compile(r"\d+(\.0+)?")


def warnings(summary: Summary) -> Iterator[str]:
    """Sentences, each about one problem."""
    if not summary.reading.labels:
        yield "no labels: such texts can be [texts.NAME] of a recipe, for a teacher to judge"
        return
    if has_too_many_labels(summary):
        yield f"{len(summary.reading.labels):,} different labels; are they in the column of texts?"
    else:
        yield from _of_labels(summary)
    yield from _of_rows(summary)
    yield from _of_leaks(summary)


def has_too_many_labels(summary: Summary) -> bool:
    """Whether the labels are likely to be texts, which a preview does not show."""
    return len(summary.reading.labels) > MOST_LABELS


def places(examples: list[Example]) -> str:
    """The lines of the first few examples; `and N more` follows."""
    shown = ", ".join(f"{e.place.path.name}:{e.place.line}" for e in examples[:_LINES_SHOWN])
    more = len(examples) - _LINES_SHOWN
    return f"{shown} and {more:,} more" if more > 0 else shown


def _of_labels(summary: Summary) -> Iterator[str]:
    if problem := summary.reading.problem:
        yield str(problem)
    labels, train = summary.reading.labels, summary.splits["train"]
    counts = train.targets.sum(axis=0)
    few = [labels[i] for i in np.flatnonzero(counts < FEWEST_EXAMPLES)]
    if few:
        yield f"fewer than {FEWEST_EXAMPLES} training texts: {listed(few)}"
    for i in np.flatnonzero(counts > LARGEST_SHARE * len(train)):
        yield f"{counts[i] / len(train):.0%} of the training texts have the label {labels[i]!r}"
    for name, split in summary.splits.items():
        missing = [labels[i] for i in np.flatnonzero(split.targets.sum(axis=0) == 0)]
        if not len(split):
            yield f"the {name} split has no texts"
        elif missing and name != "train":
            yield f"no text of the {name} split has: {listed(missing)}"
    if all(_NUMBER.fullmatch(label) for label in labels):
        yield "the labels are numbers; give their names as `labels` or `labels_file`"


def _of_rows(summary: Summary) -> Iterator[str]:
    examples = [e for several in summary.reading.examples.values() for e in several]
    without = [example for example in examples if not example.labels]
    if without and len(without) < len(examples) / 10 and summary.labels_of_texts.max() <= 1:
        yield (
            f"{len(without):,} rows have no label ({places(without)}); they are examples of no"
            " label, or odd rows with labels_required = true"
        )
    long = [example for example in examples if len(example.text) > LONGEST]
    if long:
        yield f"texts of more than {LONGEST:,} characters: {places(long)}; `longest` limits them"
    if summary.contradictions:
        second = [pair[1] for pair in summary.contradictions]
        yield f"{len(second):,} texts repeat another with other labels: {places(second)}"


def _of_leaks(summary: Summary) -> Iterator[str]:
    for found in summary.duplicates:
        one, other = found.splits
        if one != other and found.pairs:
            share = len(found.pairs) / len(summary.splits[other])
            yield (
                f"{len(found.pairs):,} texts of {other} ({share:.1%}) are in {one}, too, so figures"
                f" on {other} will be too good"
            )
