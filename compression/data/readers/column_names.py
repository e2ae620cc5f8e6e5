"""Names that people give to the columns of texts and of labels, the most telling ones first."""

from collections.abc import Iterable

TEXT_NAMES = tuple(
    "text texts sentence sentences tweet comment comment_text content message utterance review"
    " document body post clean_text input question title headline".split()
)
LABEL_NAMES = tuple(
    "labels label emotions emotion class classes category categories sentiment target targets"
    " intent topic mood feeling tags tag y".split()
)
TELLING_NAMES = frozenset(("text", "label", "labels"))
"""A cell with one of these is part of a header line."""


def first_known(columns: Iterable[str], known: Iterable[str]) -> str | None:
    """The first column in the order of the known names, in any case; exact names come first."""
    names = list(columns)
    for name in known:
        if name in names:
            return name
        folded = [column for column in names if column.strip().casefold() == name]
        if folded:
            return folded[0]
    return None
