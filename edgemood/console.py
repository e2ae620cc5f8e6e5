"""Output on consoles and pipes of any encoding."""

import codecs
import sys
from io import TextIOWrapper

_ESCAPE = "edgemood.escape"


def escape_output() -> None:
    r"""Let standard output escape characters that its encoding lacks, instead of failing.

    They become `\uXXXX`, twice for a code point above U+FFFF. Unlike `\xXX` and `\UXXXXXXXX` of
    Python's `backslashreplace`, these are escapes of JSON, so output in JSON stays valid.
    """
    codecs.register_error(_ESCAPE, _escaped)
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(errors=_ESCAPE)


def _escaped(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    units = error.object[error.start : error.end].encode("utf-16-be", "surrogatepass")
    pairs = (units[i : i + 2].hex() for i in range(0, len(units), 2))
    return "".join(rf"\u{pair}" for pair in pairs), error.end
