"""The lines of a preview. Texts are shown by file and line, unless they are asked for."""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from compression.data.preview.summary import Duplicates, Lengths, Summary
from compression.data.preview.warnings import has_too_many_labels, warnings
from compression.data.tables.description import columns_words, layout_words
from compression.data.tables.examples import Example
from compression.messages import shown

_MOST_LABEL_LINES = 40
_MOST_PAIRS = 5
_MOST_ODD_ROWS = 10
_TEXTS_SHOWN = 3


def page(summary: Summary, *, show_texts: bool) -> Iterator[str]:
    """All sections but the recipe.

    Args:
        summary: what is shown.
        show_texts: whether texts themselves are shown beside their lines.
    """
    yield from _files(summary)
    yield from _labels(summary)
    yield from _lengths({"characters": summary.characters, "tokens": summary.tokens})
    yield from _duplicates(summary, show_texts=show_texts)
    yield from _odd_rows(summary)
    if show_texts:
        yield from _texts(summary)
    yield from _section("warnings", warnings(summary))


def _section(title: str, lines: Iterator[str] | Sequence[str]) -> Iterator[str]:
    found = list(lines)
    if found:
        yield from ("", title, *(f"  {line}" for line in found))


def _files(summary: Summary) -> Iterator[str]:
    reading = summary.reading
    for split, several in reading.contents.items():
        for one in several:
            yield f"{split}: {one.path}, {len(one.rows):,} rows, {layout_words(one)}"
    made = [split for split in reading.examples if split not in reading.contents]
    if made and reading.labels:
        yield f"{' and '.join(made)}: made of the training rows, with duplicates on one side"
    words = columns_words(reading)
    guessed = " and ".join(reading.columns.guessed)
    yield f"{words} (found by content: {guessed})" if guessed else words


def _labels(summary: Summary) -> Iterator[str]:
    labels = summary.reading.labels
    if not labels or has_too_many_labels(summary):
        return
    counts = summary.labels_of_texts
    yield from ("", f"{len(labels)} labels, {_kind(counts)}")
    width = max(12, *(len(label) for label in labels))
    yield f"  {'':<{width}}" + "".join(f"{name:>18}" for name in summary.splits)
    sums = {name: split.targets.sum(axis=0) for name, split in summary.splits.items()}
    order = np.argsort(-sums["train"], kind="stable")
    for i in order[:_MOST_LABEL_LINES]:
        cells = (
            f"{sums[name][i]:>11,}{sums[name][i] / max(1, len(split)):>7.1%}"
            for name, split in summary.splits.items()
        )
        yield f"  {labels[i]:<{width}}{''.join(cells)}"
    if len(labels) > _MOST_LABEL_LINES:
        yield f"  and {len(labels) - _MOST_LABEL_LINES} more"
    yield f"  {'texts':<{width}}" + "".join(f"{len(s):>11,}{'':7}" for s in summary.splits.values())
    pairs = summary.together()[:_MOST_PAIRS]
    yield from _section("often together", [f"{a} + {b}: {count:,}" for a, b, count in pairs])


def _kind(counts: np.ndarray) -> str:
    none, several = float((counts == 0).mean()), float((counts > 1).mean())
    if several:
        words = f"multi-label: {several:.1%} have several, {counts.mean():.2f} a text"
        return f"{words}; {none:.1%} have none" if none else words
    return f"at most one on a text: {none:.1%} have none" if none else "single-label: one on each"


def _lengths(lengths: Mapping[str, Lengths]) -> Iterator[str]:
    yield from ("", f"lengths{'':7}{'median':>8}{'95 %':>8}{'longest':>10}")
    for name, found in lengths.items():
        yield f"  {name:<12}{found.median:>8,}{found.most:>8,}{found.longest:>10,}"


def _duplicates(summary: Summary, *, show_texts: bool) -> Iterator[str]:
    lines = [
        f"{_splits(found)}: {len(found.pairs):,}, such as {_pair(found.pairs[0], show_texts)}"
        for found in summary.duplicates
        if found.pairs
    ]
    yield from _section("duplicates (the same tokens)", lines or ["none"])


def _splits(found: Duplicates) -> str:
    one, other = found.splits
    return f"within {one}" if one == other else f"in {one} and {other}"


def _pair(pair: tuple[Example, Example], show_texts: bool) -> str:
    first, second = pair
    places = f"{_place(first)} and {_place(second)}"
    return f"{places}: {shown(first.text)}" if show_texts else places


def _place(example: Example) -> str:
    return f"{example.place.path.name}:{example.place.line}"


def _odd_rows(summary: Summary) -> Iterator[str]:
    rows = [row for several in summary.reading.odd_rows.values() for row in several]
    hidden = has_too_many_labels(summary)
    lines = [str(row.place if hidden else row) for row in rows[:_MOST_ODD_ROWS]]
    if len(rows) > _MOST_ODD_ROWS:
        lines.append(f"and {len(rows) - _MOST_ODD_ROWS:,} more")
    title = f'{len(rows):,} odd rows: correct them, or leave them out with odd_rows = "skip"'
    yield from _section(title, lines)


def _texts(summary: Summary) -> Iterator[str]:
    examples = summary.reading.examples["train"]
    for label in summary.reading.labels[:_MOST_LABEL_LINES]:
        found = [example for example in examples if label in example.labels][:_TEXTS_SHOWN]
        yield from _section(f"texts with {label!r}", [f"{_place(e)}: {e.text!r}" for e in found])
