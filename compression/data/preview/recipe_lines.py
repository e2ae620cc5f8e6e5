"""Tables of a recipe that read the files as a preview did.

`[data]` leaves nothing to be found in the files.
"""

from collections.abc import Iterator
from typing import Any

import tomli_w

from compression.data.tables.reading import TableReading
from compression.data.tabular import Table

_ALWAYS_GIVEN = ("train", "dev", "test")


def recipe_lines(table: Table, reading: TableReading) -> Iterator[str]:
    """The lines of the table.

    Args:
        table: what was given.
        reading: what was found.
    """
    given = table.model_dump(exclude_defaults=True, exclude_none=True)
    fields = {"format": "table", **_short(given), **_found(reading)}
    if table.shares:
        fields |= {f"{split}_share": share for split, share in table.shares.items()}
        fields["split_seed"] = table.split_seed
    yield from tomli_w.dumps({"data": fields}).replace("\t", r"\t").splitlines()


def texts_lines(table: Table) -> Iterator[str]:
    """The lines of `[texts.NAME]` for files of texts without labels."""
    fields = {"format": "lines", "files": list(table.train)}
    yield from tomli_w.dumps({"texts": {"more": fields}}, multiline_strings=False).splitlines()


def _short(given: dict[str, Any]) -> dict[str, Any]:
    """One file as a string; arrays in place of tuples."""
    found = {name: list(v) if isinstance(v, tuple) else v for name, v in given.items()}
    for split in _ALWAYS_GIVEN:
        if len(found.get(split, ())) == 1:
            found[split] = found[split][0]
    return found


def _found(reading: TableReading) -> dict[str, Any]:
    columns = reading.columns
    fields = {**_layout(reading), "text_column": columns.text}
    if columns.labels:
        fields["labels_column"] = columns.labels
        fields["separator"] = reading.cells.separator
    if columns.indicators:
        fields["label_columns"] = list(columns.indicators)
    return fields


def _layout(reading: TableReading) -> dict[str, Any]:
    """What is true of all files; a recipe has one value for them."""
    contents = [one for several in reading.contents.values() for one in several]
    layout = contents[0].layout
    fields = {
        "file_format": layout.file_format,
        "delimiter": layout.delimiter,
        "header": layout.header,
        "encoding": None if layout.encoding == "utf-8" else layout.encoding,
    }
    return {
        name: value
        for name, value in fields.items()
        if value is not None and all(value == getattr(one.layout, name) for one in contents)
    }
