"""The block about emoji and emoticons, from the tables that the tests hold for other languages."""

from typing import Any

from formatting import table

MOST_EMOJI = 8
MOST_EMOTICONS = 4

Data = Any


def feelings(tables: Data) -> str:
    """Each feeling with its first emoji and emoticons."""
    rows = [
        [f"`[{feeling}]`", " ".join(emoji[:MOST_EMOJI]), _emoticons(tables, feeling)]
        for feeling, emoji in tables["emoji"].items()
    ]
    return table(["feeling", "emoji", "emoticons"], rows)


def _emoticons(tables: Data, feeling: str) -> str:
    kinds = [tables[kind].get(feeling, []) for kind in ("smileys", "words", "faces", "pictures")]
    every = [emoticon for emoticons in kinds for emoticon in emoticons]
    return " ".join(f"`{emoticon}`".replace("|", "\\|") for emoticon in every[:MOST_EMOTICONS])
