"""Addresses become placeholders, and tags become words.

* `[url]`: `http://`, `https://`, `ftp://` or `www.` and what follows; also a host without them if
  its last label is one of `PLAIN_DOMAINS`, or one of `PATH_DOMAINS` with a path (`bit.ly/2x`).
* `[email]`: `love@awesome.org`.
* `[user]`: `@happy_joy`, and `@happy@joy.social`.
* `#tag`: the word without its signs.

`docs/text.md` has the exact rules. Each takes time in proportion to the length of the text.
"""

import re

from edgemood.text.characters import LETTERS

PLAIN_DOMAINS = frozenset(("com", "net", "org"))
PATH_DOMAINS = frozenset(("be", "co", "de", "edu", "fr", "gl", "gov", "io", "ly", "tv", "uk"))
_WORD = f"{LETTERS}0-9"
_LOCAL = rf"{_WORD}._%+\-"
_HOST = rf"{_WORD}.\-"
_PATH = rf"{_WORD}\-._~:/?#@!$&'()*+,;=%"
_GIVEN_BACK = "!'()*,-.:;?_~"
"""Punctuation after an address; at its end they rarely belong to it."""
_NOT_IN_DOMAINS = frozenset("-0123456789")
_DOMAIN = re.compile(
    rf"(?ai)\.(?:{'|'.join(sorted(PLAIN_DOMAINS | PATH_DOMAINS))})(?![{_WORD}])",
)
# Most texts have no address, so `re` compiles these patterns when it first meets one.
_URL = rf"(?ai)(?:(?:https?|ftp)://|(?<![{_HOST}@/])www\.)(?=[{_WORD}])[{_PATH}]+"
_USER = rf"(?<![{_WORD}_@/])@_*[A-Za-z][A-Za-z0-9_]*(?:@[{_HOST}]*[{_WORD}])?"
_EMAIL = rf"(?<![{_LOCAL}])([{_LOCAL}]++)@([{_HOST}]+)"
_HOST_AND_PATH = rf"(?<![{_HOST}@/])([{_HOST}]++)(?!@)(/[{_PATH}]*)?"
_TAG = rf"(?<![{_WORD}&#])#+(?=[{LETTERS}])"


def replace_handles(text: str) -> str:
    """Replace URLs, e-mail addresses and handles, between blanks, and take the signs off tags.

    Args:
        text: with folded letters.
    """
    if "#" in text:
        text = re.sub(_TAG, "", text)
    if "//" in text or "www." in text.lower():
        text = re.sub(_URL, _url, text)
    if "@" in text:
        text = re.sub(_EMAIL, _email, re.sub(_USER, " [user] ", text))
    return re.sub(_HOST_AND_PATH, _bare_url, text) if _DOMAIN.search(text) else text


def _url(match: re.Match[str]) -> str:
    return _replaced("[url]", match, len(match[0].rstrip(_GIVEN_BACK)))


def _email(match: re.Match[str]) -> str:
    labels, surplus = _labels(match[2])
    name = match[1].strip("._%+-")
    if not name or len(labels) < 2 or len(labels[-1]) < 2 or set(labels[-1]) & _NOT_IN_DOMAINS:
        return match[0]
    return _replaced("[email]", match, len(match[0]) - surplus)


def _bare_url(match: re.Match[str]) -> str:
    host, path = match[1], (match[2] or "").rstrip(_GIVEN_BACK)
    labels, surplus = _labels(host)
    domain = labels[-1].lower()
    if len(labels) < 2 or not (
        domain in PLAIN_DOMAINS or (domain in PATH_DOMAINS and len(path) > 1 and not surplus)
    ):
        return match[0]
    return _replaced("[url]", match, len(host) - surplus if surplus else len(host + path))


def _labels(host: str) -> tuple[list[str], int]:
    """The labels of a host, none if one is empty, and how many characters follow the last one."""
    name = host.rstrip(".-")
    labels = name.split(".")
    return (labels if all(labels) else [""]), len(host) - len(name)


def _replaced(token: str, match: re.Match[str], length: int) -> str:
    """The token for the first code points of a match, and the rest of the match."""
    return f" {token} {match[0][length:]}"
