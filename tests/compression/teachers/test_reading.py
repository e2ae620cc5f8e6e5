import pytest

from compression.teachers.reading import readable

WORDS = frozenset("so good god happy sad lol am i not".split())


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("I am happy", "I am happy"),
        ("Soooo GOOOOD", "so good"),
        ("haaaappyyyy, saddd!", "happy, sad!"),
        ("lololol", "lol"),
        ("ABBBBA zzz", "abba zz"),  # no known spelling: shortened only
        ("xkcd aaa 1000", "xkcd aa 1000"),
        ("I don&#39;t 😂", "I don't [laughing]"),
        ("I ha\u200bte you", "I hate you"),
        ("", ""),
    ],
)
def test_texts_as_a_transformer_reads_them(text: str, read: str) -> None:
    assert readable(text, WORDS).split() == read.split()
