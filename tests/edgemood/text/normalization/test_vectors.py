"""The tables of emoji, emoticons and markup, as `tests/vectors/text-tables.json` holds them.

The file is for implementations in other languages and for the documentation.
"""

import json
from pathlib import Path

from edgemood.text.normalization.emoji import EMOJI, PUNCTUATION
from edgemood.text.normalization.emoticons import (
    FACES,
    MOUTHS,
    PICTURES,
    WORDS,
    smiley_feeling,
)
from edgemood.text.normalization.feelings import FEELINGS
from edgemood.text.normalization.markup import BLOCK, ENTITIES, INLINE, WINDOWS_1252

VECTORS = Path(__file__).parents[3] / "vectors" / "text-tables.json"


def by_feeling(table: dict[str, str]) -> dict[str, list[str]]:
    kinds = {name: [key for key, value in table.items() if value == name] for name in FEELINGS}
    return {name: keys for name, keys in kinds.items() if keys}


def smileys() -> dict[str, str]:
    """Hat, eyes, tear and mouth to the feeling, of all smileys that have one."""
    parts = [(hat, eyes, tear) for hat in ("", ">") for eyes in ":;=" for tear in ("", "'")]
    every = [
        (hat + eyes + tear + mouth, smiley_feeling(hat, eyes, tear, mouth))
        for hat, eyes, tear in parts
        for mouth in MOUTHS
    ]
    return {smiley: feeling for smiley, feeling in every if feeling}


def tables() -> dict[str, object]:
    return {
        "emoji": by_feeling(EMOJI),
        "emoji_punctuation": PUNCTUATION,
        "mouths": by_feeling(MOUTHS),
        "smileys": by_feeling(smileys()),
        "faces": by_feeling(FACES),
        "words": by_feeling(WORDS),
        "pictures": by_feeling(PICTURES),
        "entities": ENTITIES,
        "windows_1252": WINDOWS_1252,
        "inline_tags": INLINE,
        "block_tags": BLOCK,
    }


def test_the_file_holds_the_tables() -> None:
    assert json.loads(VECTORS.read_text(encoding="utf-8")) == tables()
