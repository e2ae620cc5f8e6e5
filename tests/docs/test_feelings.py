"""The block about emoji and emoticons, from tables that are small enough to read."""

import importlib
import sys
from pathlib import Path

import pytest

GENERATOR = Path(__file__).parents[2] / "docs" / "generator"


def test_feelings_with_their_first_emoji_and_emoticons(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(GENERATOR)
    block = importlib.import_module("feelings")
    for name in ("feelings", "formatting"):
        sys.modules.pop(name)
    tables = {
        "emoji": {"neutral": list("abcdefghi"), "sad": ["j"]},
        "smileys": {"neutral": [":|", "=|"]},
        "words": {"neutral": ["w"]},
        "faces": {"neutral": ["f", "g"]},
        "pictures": {},
    }
    assert block.feelings(tables).splitlines()[2:] == [
        "| `[neutral]` | a b c d e f g h | `:\\|` `=\\|` `w` `f` |",
        "| `[sad]` | j |  |",
    ]
