"""The text of a data file: unpacked, in whichever encoding it states or is told to have."""

import codecs
import gzip
import zlib
from dataclasses import dataclass
from pathlib import Path

from compression.errors import DatasetError
from compression.text_files import decode_utf8, read_bytes

_GZIP = b"\x1f\x8b"
_MARKS = (
    # UTF-32 before UTF-16: the mark of one begins with the mark of the other.
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


@dataclass(frozen=True)
class Content:
    """A file as text."""

    text: str
    """Without byte-order mark; its line ends are as they were."""
    encoding: str


def unpacked(path: Path) -> bytes:
    """The bytes of a file, after gzip if the file is packed with it, whatever its name.

    Raises:
        DatasetError: the file is missing, unreadable or a damaged gzip file.
    """
    content = read_bytes(path, raising=DatasetError)
    if not content.startswith(_GZIP):
        return content
    try:
        return gzip.decompress(content)
    except (EOFError, OSError, zlib.error) as error:
        raise DatasetError(f"{path}: a damaged gzip file: {error}") from None


def read_content(path: Path, encoding: str | None = None) -> Content:
    """The text of a file.

    Args:
        path: may be packed with gzip.
        encoding: of the text. By default a byte-order mark of UTF-16 or UTF-32 decides, and a file
            without any is UTF-8.

    Raises:
        DatasetError: the file is unreadable, or has another encoding.
    """
    content = unpacked(path)
    marked = next((name for mark, name in _MARKS if content.startswith(mark)), None)
    encoding = encoding or marked
    if encoding is None:
        return Content(_utf8(path, content), "utf-8")
    try:
        return Content(content.decode(encoding).lstrip("\ufeff"), encoding)
    except UnicodeDecodeError as error:
        raise DatasetError(f"{path}: not {encoding} text: {error.reason}") from None


def _utf8(path: Path, content: bytes) -> str:
    try:
        return decode_utf8(path, content, raising=DatasetError)
    except DatasetError as error:
        if "UTF-8" not in str(error) or "complete" in str(error):
            raise
        raise DatasetError(f"{error}; or set `encoding` under [data]") from None


def format_suffix(path: Path) -> str:
    """The end of a file name that states its format, in lower case; that of gzip is passed over."""
    name = path.name.lower()
    return Path(name.removesuffix(".gz")).suffix
