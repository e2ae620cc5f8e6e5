"""Tab-separated files with and without quoting."""

import pytest

from compression.data.readers.csv_rows import MalformedRowError
from compression.data.readers.quoting import are_cells_quoted
from compression.text_files import lines_of


@pytest.mark.parametrize(
    "text",
    [
        '"text"\t"labels"\n"hi"\t"joy"\n',  # all cells
        'text\tlabels\n"she said ""hi"""\tjoy\n',  # cells with quotation marks
        'text\tlabels\n"a\tb"\tjoy\n',  # cells with tabs
        'text\tlabels\n"a\nb"\tjoy\nplain\tjoy\n',  # cells with line breaks
        'text\tlabels\n"hi, you"\tjoy\nplain\t"joy,love"\n',  # cells with commas, by spreadsheets
        '"text"\t"labels"\n"hi"\t"joy\n',  # unclosed, but quoted as the header shows
    ],
)
def test_quoted_cells(text: str) -> None:
    assert are_cells_quoted(lines_of(text), "\t")


@pytest.mark.parametrize(
    "text",
    [
        "text\tlabels\nhi\tjoy\n",
        'text\tlabels\n"hello\tjoy\nbye\tsad\n',
        'text\tlabels\n"hi" she said\tjoy\n',
        'text\tlabels\n"hi"\tjoy\nshe, too\tjoy\n',
    ],
)
def test_literal_marks(text: str) -> None:
    assert not are_cells_quoted(lines_of(text), "\t")


@pytest.mark.parametrize(
    "text",
    [
        'text\tlabels\nhi\tjoy\n"hello\tjoy\nbye\tsad\nnow"\tjoy\n',
        'text\tlabels\nhi\tjoy\n"a\tb\n\nc"\tjoy\n',
        'text\tlabels\nhi\tjoy\n"hi\tjoy\nbye\tx\tsad\nnow"\tjoy\n',
    ],
)
def test_rows_that_could_be_one_row_are_refused(text: str) -> None:
    with pytest.raises(MalformedRowError, match=r"lines 3 to 5 are rows .*, or one row"):
        are_cells_quoted(lines_of(text), "\t")
