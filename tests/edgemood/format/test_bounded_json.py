"""JSON of a file: what is refused, and that the rest is what `json` makes of it."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgemood.errors import LayoutError
from edgemood.format.bounded_json import MAX_DEPTH, MAX_STRING, check_strings, parse_object

strings = st.text(st.characters(exclude_categories=["Cc", "Cs"]), max_size=20)
scalars = st.one_of(
    st.none(), st.booleans(), st.integers(-(2**63) + 1, 2**63 - 1), st.floats(-1e9, 1e9), strings
)
values = st.recursive(
    scalars, lambda inner: st.lists(inner) | st.dictionaries(strings, inner), max_leaves=20
)


@given(value=st.dictionaries(strings, values), ensure_ascii=st.booleans())
def test_an_object_is_read_as_it_was_written(value: Any, ensure_ascii: bool) -> None:
    assert parse_object(json.dumps(value, ensure_ascii=ensure_ascii).encode()) == value


@given(
    text=st.binary(max_size=60)
    | st.text('[]{}"\\,:0e.-\ud800 \n', max_size=60).map(
        lambda text: text.encode("utf-8", "surrogatepass")
    )
)
def test_any_bytes_are_read_or_refused(text: bytes) -> None:
    try:
        value = parse_object(text)
    except LayoutError:
        return
    assert json.loads(text) == value


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (b"", "not JSON"),
        (b"[]", "not a JSON object"),
        (b"\xff", "not JSON in UTF-8"),
        (b"\xef\xbb\xbf{}", "not JSON"),
        (b'{"a": 1, "a": 2}', "a key comes twice"),
        (b'{"a": {"b": 1, "b": 1}}', "a key comes twice"),
        (b'{"a": NaN}', "NaN is not a JSON number"),
        (b'{"a": -Infinity}', "-Infinity is not a JSON number"),
        (b'{"a": 1e999}', "a number is too large"),
        (b'{"a": 9223372036854775808}', "does not fit 64 bits"),
        (b'{"a": ' + b"9" * 10_000 + b"}", "does not fit 64 bits"),
        (rb'{"a": {"b": "\ud800"}}', r"a\.b: it holds the character U\+D800"),
        (rb'{"\udfff": 1}', r"U\+DFFF"),
        (rb'{"a": ["x", "\u0000"]}', r"a\.1: it holds the character U\+0000"),
        (rb'{"a": "\u0085"}', r"U\+0085"),
        (b'{"a": "' + b"x" * (MAX_STRING + 1) + b'"}', "a: 4,097 characters; at most 4,096"),
        (b'{"a": ' + b"[" * MAX_DEPTH + b"]" * MAX_DEPTH + b"}", "more than 32 deep"),
        (b'{"a": [' + b"0," * 2**15 + b"0]}", "more than 32,768 values"),
        (b'{"a": [' + b'"",' * 2**16 + b"0]}", "more than 65,536 strings"),
        (b"[" * 2**20, "more than 32 deep"),
        (b'{"a":' * 2**13, "more than 32 deep"),
    ],
)
def test_refusals(text: bytes, problem: str) -> None:
    with pytest.raises(LayoutError, match=problem) as refusal:
        parse_object(text)
    assert str(refusal.value).isprintable()


def test_brackets_in_strings_are_no_nesting() -> None:
    assert parse_object(rb'{"a": "\"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[["}')


def test_a_pair_of_escapes_is_one_character() -> None:
    assert parse_object(rb'{"a": "\ud83d\ude22"}') == {"a": "😢"}


@pytest.mark.parametrize("unit", [b'"', rb"\"", b"\\", b'""', b"{", b'{"', b"]"])
def test_a_mebibyte_of_anything_takes_a_moment(unit: bytes) -> None:
    with pytest.raises(LayoutError):  # a scan of quadratic time would take an hour
        parse_object(unit * (2**20 // len(unit)))


def test_names_in_messages_can_be_printed() -> None:
    with pytest.raises(LayoutError) as refusal:
        check_strings({"très\u202e": {"b" * 200: "\x00"}})
    assert str(refusal.value).startswith(r"tr\xe8s\u202e.bbb")
    assert len(str(refusal.value)) < 200
