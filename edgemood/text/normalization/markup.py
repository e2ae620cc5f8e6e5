"""HTML in texts: character references become their characters, and tags of text go.

The rules apply to code points, from the left, in this order. References are decoded once, so that
``&amp;lt;`` becomes ``&lt;``.

1. *Named references*: ``&``, a name of `ENTITIES` (upper and lower case differ), ``;``. Other names
   stay as they are, and so does a name without ``;``.
2. *Numeric references*: ``&#``, one to seven digits, ``;``, or ``&#x`` (or ``&#X``), one to six
   hexadecimal digits, ``;``. The numbers 128 to 159 mean the characters of Windows-1252, as they do
   in browsers. A reference to a high surrogate directly followed by one to a low surrogate is the
   character that the two encode in UTF-16. A number that is no character (a control, another
   surrogate, a number above U+10FFFF) becomes a blank.
3. *Tags*, after the references: ``<``, perhaps ``/``, a name of `INLINE` or `BLOCK` in any case;
   perhaps white space followed by attributes, which are any code points but ``<`` and ``>``, with
   ``=`` among them; perhaps white space; perhaps ``/``; and ``>``. A tag of `BLOCK` becomes a blank
   and separates words; one of `INLINE` becomes nothing. Whatever else looks like a tag stays.
"""

import re
from collections.abc import Iterator

_LATIN_1 = """
    nbsp iexcl cent pound curren yen brvbar sect uml copy ordf laquo not shy reg macr
    deg plusmn sup2 sup3 acute micro para middot cedil sup1 ordm raquo frac14 frac12 frac34 iquest
    Agrave Aacute Acirc Atilde Auml Aring AElig Ccedil Egrave Eacute Ecirc Euml Igrave Iacute Icirc
    Iuml ETH Ntilde Ograve Oacute Ocirc Otilde Ouml times Oslash Ugrave Uacute Ucirc Uuml Yacute
    THORN szlig agrave aacute acirc atilde auml aring aelig ccedil egrave eacute ecirc euml igrave
    iacute icirc iuml eth ntilde ograve oacute ocirc otilde ouml divide oslash ugrave uacute ucirc
    uuml yacute thorn yuml
""".split()
ENTITIES = dict(zip(_LATIN_1, map(chr, range(0xA0, 0x100)), strict=True)) | {
    "amp": "&",
    "AMP": "&",
    "lt": "<",
    "LT": "<",
    "gt": ">",
    "GT": ">",
    "quot": '"',
    "QUOT": '"',
    "apos": "'",
    "num": "#",
    "excl": "!",
    "quest": "?",
    "comma": ",",
    "period": ".",
    "colon": ":",
    "semi": ";",
    "lpar": "(",
    "rpar": ")",
    "lsqb": "[",
    "rsqb": "]",
    "sol": "/",
    "bsol": "\\",
    "lowbar": "_",
    "grave": "`",
    "ast": "*",
    "dollar": "$",
    "percnt": "%",
    "equals": "=",
    "commat": "@",
    "Tab": " ",
    "NewLine": " ",
    "OElig": "Œ",
    "oelig": "œ",
    "Scaron": "Š",
    "scaron": "š",
    "Yuml": "Ÿ",
    "ensp": " ",
    "emsp": " ",
    "thinsp": " ",
    "zwnj": "\u200c",
    "zwj": "\u200d",
    "lrm": "\u200e",
    "rlm": "\u200f",
    "ndash": "–",
    "mdash": "—",
    "lsquo": "‘",
    "rsquo": "’",
    "sbquo": "‚",
    "ldquo": "“",
    "rdquo": "”",
    "bdquo": "„",
    "dagger": "†",
    "bull": "•",
    "hellip": "…",
    "mldr": "…",
    "prime": "′",
    "lsaquo": "‹",
    "rsaquo": "›",
    "euro": "€",
    "trade": "™",
    "larr": "←",
    "rarr": "→",
    "hearts": "♥",
    "check": "✓",
    "star": "☆",
}
"""Names of HTML to their characters."""

INLINE = "a abbr b big code del em font i ins s small span strike strong sub sup tt u".split()
BLOCK = "blockquote br center div h1 h2 h3 h4 h5 h6 hr img li ol p pre table td th tr ul".split()

WINDOWS_1252 = "€ ‚ƒ„…†‡ˆ‰Š‹Œ Ž  ‘’“”•–—˜™š›œ žŸ"
"""What the numbers 128 to 159 mean; a blank where they mean nothing."""

_REFERENCE = re.compile("&([A-Za-z]{2,8}[0-9]{0,2});|(?:&#(?:[0-9]{1,7}|[xX][0-9A-Fa-f]{1,6});)+")
_NAME = "|".join(sorted(INLINE + BLOCK, key=len, reverse=True))
# Attributes take the rest of a tag, its last white space and `/` included, in time linear in it.
_TAG = re.compile(
    rf"</?({_NAME})(?:\s[^<>=]*+=[^<>]*+|\s*+/?)>",
    re.ASCII | re.IGNORECASE,
)


def decode_markup(text: str) -> str:
    """Decode the character references of HTML once, then drop the tags of text."""
    # One pass over both kinds, since the & that one reference gives begins no other.
    if "&" in text:
        text = _REFERENCE.sub(_character, text)
    return _TAG.sub(_separator, text) if "<" in text else text


def _character(reference: re.Match[str]) -> str:
    if reference[1]:
        return ENTITIES.get(reference[1], reference[0])
    return "".join(_characters(reference[0]))


def _characters(references: str) -> Iterator[str]:
    """The characters of numeric references without anything between them."""
    high = 0
    for reference in references[2:-1].split(";&#"):
        code = int(reference[1:], 16) if reference[0] in "xX" else int(reference)
        if high and 0xDC00 <= code < 0xE000:
            yield chr(0x10000 + (high - 0xD800) * 0x400 + code - 0xDC00)
            high = 0
            continue
        if high:
            yield " "
        high = code if 0xD800 <= code < 0xDC00 else 0
        if not high:
            yield _numbered(code)
    if high:
        yield " "


def _numbered(code: int) -> str:
    if 0x80 <= code < 0xA0:
        return WINDOWS_1252[code - 0x80]
    if code < 0x20 or code == 0x7F or 0xD800 <= code < 0xE000 or code > 0x10FFFF:
        return " "
    return chr(code)


def _separator(tag: re.Match[str]) -> str:
    return " " if tag[1].lower() in BLOCK else ""
