"""Characters that an encoding lacks are escaped as in JSON."""

import io
import json
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgemood.console import escape_output

any_text = st.text(st.characters(exclude_categories=[]))  # lone surrogates included


def printed(text: str, encoding: str) -> str:
    before, stream = sys.stdout, io.TextIOWrapper(io.BytesIO(), encoding, newline="")
    sys.stdout = stream
    try:
        escape_output()
        stream.write(text)
        stream.flush()
    finally:
        sys.stdout = before
    return stream.buffer.getvalue().decode(encoding)


@pytest.mark.parametrize(
    ("encoding", "expected"),
    [
        ("ascii", r"tr\u00e8s \ud83d\ude22 \udcff"),
        ("cp1252", r"très \ud83d\ude22 \udcff"),
        ("utf-8", r"très 😢 \udcff"),
    ],
)
def test_escapes(encoding: str, expected: str) -> None:
    assert printed("très 😢 \udcff", encoding) == expected


@pytest.mark.parametrize("encoding", ["ascii", "cp1252", "koi8-r", "utf-8", "utf-16"])
@given(text=any_text)
def test_json_stays_the_same_value(encoding: str, text: str) -> None:
    value = json.loads(json.dumps(text))  # surrogates that make up a pair become one character
    assert json.loads(printed(json.dumps(value, ensure_ascii=False), encoding)) == value


@pytest.mark.parametrize("stream", [None, io.StringIO()])
def test_other_kinds_of_output_are_left_alone(
    monkeypatch: pytest.MonkeyPatch, stream: io.StringIO | None
) -> None:
    monkeypatch.setattr(sys, "stdout", stream)
    escape_output()
