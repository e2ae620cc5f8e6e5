"""The names of the feelings that emoji and emoticons stand for.

A feeling is written as its name in brackets, ``[laughing]``, in the form of the placeholders of
GoEmotions. Names are plain English words, so that a transformer that was never trained on them
reads them as words, and many are those of subtitles for the deaf.
"""

import re

FEELINGS = tuple(
    """
    laughing smiling grinning love kissing hugging pleading lovely excited celebrating applause
    singing strong approval hopeful praying relieved cool winking playful smirking fire
    sad crying sobbing heartbroken frustrated tired sick disgusted
    angry swearing annoyed disapproval sarcastic scared screaming nervous
    surprised confused curious thinking skeptical shrugging facepalm embarrassed neutral dead
    """.split()
)
"""A new name or another meaning of one is a new version of the tokenizer."""

_NAME = "|".join(FEELINGS)
_RUN = re.compile(rf"(\[(?:{_NAME})\])(?: *\1){{2,}}")


def bracketed(feeling: str) -> str:
    """The token of a feeling, with blanks around that separate it from its neighbours."""
    return f" [{feeling}] "


def shorten_runs(text: str) -> str:
    """Let two of a feeling stand for three or more in a row, as two letters do.

    Args:
        text: a text with feelings in brackets, in lower case, separated by blanks or nothing.
    """
    return _RUN.sub(r"\1 \1", text) if "[" in text else text
