"""Text files that users write: recipes, tables and word vectors.

Files are UTF-8, with or without a byte-order mark. An error names the line and, if it can be
recognised, what the file is instead.
"""

import codecs
import re
from pathlib import Path

from compression.errors import CompressionError

_OTHER_CONTENT = (
    # UTF-32 before UTF-16: the mark of one begins with the mark of the other.
    (codecs.BOM_UTF32_LE, "UTF-32 text; save it as UTF-8"),
    (codecs.BOM_UTF32_BE, "UTF-32 text; save it as UTF-8"),
    (codecs.BOM_UTF16_LE, "UTF-16 text; save it as UTF-8"),
    (codecs.BOM_UTF16_BE, "UTF-16 text; save it as UTF-8"),
    (b"\x1f\x8b", "a gzip file; unpack it first"),
    (b"PK\x03\x04", "a zip file or a spreadsheet; unpack it, or export it as text in UTF-8"),
    (b"PAR1", "a Parquet file; export it as text in UTF-8"),
)
_WESTERN_SHARE = 0.25
"""Western texts have a lower share of non-ASCII letters, those in other scripts a higher one."""
_NOT_ASCII = re.compile(rb"[\x80-\xff]")
_WORD_BYTES = re.compile(rb"[A-Za-z\x80-\xff]")


def read_text(path: Path, *, raising: type[CompressionError]) -> str:
    """The content of a text file, without its byte-order mark and with its line ends as they are.

    Args:
        path: the file.
        raising: the class of the errors.

    Raises:
        CompressionError: the file is missing, not UTF-8, or contains a NUL character.
    """
    content = without_mark(read_bytes(path, raising=raising))
    if (nul := content.find(0)) >= 0 and other_content(content) is None:
        raise raising(f"{path}:{_line_of(content, nul)}: a NUL character, which no text contains")
    return decode_utf8(path, content, raising=raising)


def read_bytes(path: Path, *, raising: type[CompressionError]) -> bytes:
    """The content of a file.

    Raises:
        CompressionError: the file is missing or cannot be read.
    """
    try:
        return path.read_bytes()
    except OSError as error:
        raise raising(f"{path}: {error.strerror}") from error


def decode_utf8(path: Path, content: bytes, *, raising: type[CompressionError]) -> str:
    """The text of bytes in UTF-8, without its byte-order mark; NUL characters are kept.

    Args:
        path: what the errors call the file.
        content: all of it.
        raising: the class of the errors.

    Raises:
        CompressionError: the bytes are not UTF-8, or begin as another kind of file does.
    """
    content = without_mark(content)
    if (other := other_content(content)) is not None:
        raise raising(f"{path}: this is {other}")
    try:
        return content.decode()
    except UnicodeDecodeError as error:
        line = _line_of(content, error.start)
        raise raising(f"{path}:{line}: not UTF-8 text; {_remedy(content, error)}") from None


def lines_of(text: str) -> list[str]:
    """The lines of a text with their ends.

    Lines end with a line feed, which a carriage return may precede. In a text without line feeds
    they end with a carriage return. Other separators that Unicode knows are part of the line.
    """
    end = "\n" if "\n" in text else "\r"
    return re.findall(f"[^{end}]*{end}|[^{end}]+", text)


def without_mark(content: bytes) -> bytes:
    """The bytes after any byte-order marks of UTF-8; joined files may start with two."""
    while content.startswith(codecs.BOM_UTF8):
        content = content.removeprefix(codecs.BOM_UTF8)
    return content


def other_content(start: bytes) -> str | None:
    """What a file is if its first bytes are not those of UTF-8 text, and what to do about it."""
    for mark, name in _OTHER_CONTENT:
        if start.startswith(mark):
            return name
    if b"\0" in start[:4]:
        return "binary, or UTF-16 text without a byte-order mark; save it as UTF-8"
    return None


def _line_of(content: bytes, position: int) -> int:
    before = content[:position]
    return 1 + before.count(b"\n" if b"\n" in content else b"\r")


def _remedy(content: bytes, error: UnicodeDecodeError) -> str:
    if error.reason == "unexpected end of data":
        return "the file ends within a character; is it complete?"
    if _is_western(content):
        return (
            "probably Windows-1252, also called cp1252, Latin-1 or ANSI:"
            " iconv -f WINDOWS-1252 -t UTF-8 OLD > NEW"
        )
    return "it has another encoding; save it as UTF-8"


def _is_western(content: bytes) -> bool:
    try:
        content.decode("cp1252")
    except UnicodeDecodeError:
        return False
    letters = len(_WORD_BYTES.findall(content))
    return len(_NOT_ASCII.findall(content)) < _WESTERN_SHARE * letters
