"""TOML files that can be read, and the lines of those that cannot."""

from pathlib import Path

import pytest

from compression.errors import RecipeError
from compression.recipes.parsing.toml_file import read_toml


def test_a_file_with_a_byte_order_mark_and_windows_line_ends(tmp_path: Path) -> None:
    path = tmp_path / "r.toml"
    path.write_bytes('\ufeffname = "é"\r\n[data]\r\n'.encode())
    assert read_toml(path) == {"name": "é", "data": {}}


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (
            "a = 1\nb =\n",
            "2: not TOML at column 4: expected a value; strings are in quotation marks",
        ),
        ("a = joy\n", "1: not TOML at column 5: expected a value"),
        ("a = 1\na = 2\n", "2: not TOML at column 6: this key is there already"),
        ("[a]\n[a]\n", "2: not TOML at column 3: this table is there already"),
        ("a = {b = 1, b = 2}\n", "1: not TOML at column 18: this key is there already"),
        ("a = {b = 1}\n[a.c]\n", "2: not TOML at column 5: this table is there already"),
        ("a\n", "1: not TOML at column 2: Expected '=' after a key"),
        ("a = 1\n= 2\n", "2: not TOML at column 1: expected a key or a table header"),
        ("a = [1,\n", "2: not TOML at the end of the file: "),
        ('a = "x\n', "1: not TOML at column 7: Illegal character"),
        ("a = 1 b = 2\n", "1: not TOML at column 7: Expected newline"),
        ("a = 1\n\x00", "2: a NUL character"),
        (f"a = {'9' * 5000}\n", " a number is too long"),
        (f"a = {'[' * 5000}\n", " .*nested too deeply"),
    ],
)
def test_lines_are_named(tmp_path: Path, text: str, problem: str) -> None:
    path = tmp_path / "r.toml"
    path.write_text(text)
    with pytest.raises(RecipeError, match=f"^{path}:{problem}") as caught:
        read_toml(path)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ('name = "é"\n'.encode("latin-1"), r"r\.toml:1: not UTF-8 text"),
        ('name = "x"\n'.encode("utf-16"), r"r\.toml: this is UTF-16 text; save it as UTF-8"),
    ],
)
def test_other_encodings_are_named(tmp_path: Path, content: bytes, problem: str) -> None:
    (tmp_path / "r.toml").write_bytes(content)
    with pytest.raises(RecipeError, match=problem):
        read_toml(tmp_path / "r.toml")
