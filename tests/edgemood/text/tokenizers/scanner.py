"""Version 2 of the tokenizer, written from `docs/text.md` one code point at a time, without `re`.

Only tables are taken from the package. `tests.edgemood.text.normalization.scanners` has the steps
for markup, emoji, emoticons and feelings.
"""

from collections.abc import Callable

from edgemood.text.normalization.feelings import FEELINGS
from edgemood.text.normalization.tables import COMPOSED, FOLDED, LIGATURES
from tests.edgemood.text.normalization.scanners import (
    scan_emoji,
    scan_emoticons,
    scan_markup,
    shortened_feelings,
)

Kind = Callable[[str], bool]

LETTER_RANGES = (
    "41-5A 61-7A C0-D6 D8-F6 F8-24F 370-373 376-377 37B-37D 37F-37F 386-386 388-3F5 3F7-481"
    " 48A-52F 1E00-1EFF"
)
SEPARATOR_RANGES = "0-20 7F-A0 1680-1680 2000-200A 2028-2029 202F-202F 205F-205F 3000-3000"
IGNORED_RANGES = (
    "AD-AD 34F-34F 61C-61C 115F-1160 17B4-17B5 180B-180F 200B-200F 202A-202E 2060-206F 3164-3164"
    " FE00-FE0F FEFF-FEFF FFA0-FFA0 FFF0-FFF8 1BCA0-1BCA3 1D173-1D17A 1F3FB-1F3FF E0000-E0FFF"
)
MARK_RANGES = "300-36F 483-489 1AB0-1AFF 1DC0-1DFF 20D0-20FF FE20-FE2F"
APOSTROPHES = (
    "60 B4 2B9 2BB 2BC 2BD 2C8 2CA 2CB 374 384 55A 1FBD 1FBF 1FFD 2018 2019 201B 2032 2035 275B"
    " 275C A78B A78C"
)
PUNCTUATION = {
    "'": APOSTROPHES,
    '"': "201C 201D 201E 201F 2033 275D 275E",
    "-": "2010 2011 2012 2013 2014 2015 2212",
    "..": "2025 2026",
}
SPECIAL = [f"[{name}]" for name in ("name", "religion", "url", "email", "user", *FEELINGS)]
PLAIN_DOMAINS = ("com", "net", "org")
PATH_DOMAINS = ("be", "co", "de", "edu", "fr", "gl", "gov", "io", "ly", "tv", "uk")
GIVEN_BACK = "!'()*,-.:;?_~"
DIGITS = "0123456789"
UPPER = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
ASCII_LETTERS = UPPER + UPPER.lower()


def ranges(text: str) -> frozenset[str]:
    pairs = [part.split("-") for part in text.split()]
    return frozenset(chr(c) for low, high in pairs for c in range(int(low, 16), int(high, 16) + 1))


LETTERS, IGNORED, MARKS = ranges(LETTER_RANGES), ranges(IGNORED_RANGES), ranges(MARK_RANGES)
SEPARATORS = ranges(SEPARATOR_RANGES)


def tokens(text: str) -> list[str]:
    return scan(shortened("".join(map(lower, resolved(text)))))


def resolved(text: str) -> str:
    text = replaced_addresses(composed(folded(scan_markup(text))))
    return shortened_feelings(lower_specials(scan_emoticons(scan_emoji(text))))


def lower(c: str) -> str:
    return c.lower()[0] if c in LETTERS else c


def ascii_lower(text: str) -> str:
    return "".join(c.lower() if c in UPPER else c for c in text)


def is_letter(c: str) -> bool:
    return c in LETTERS


def is_word(c: str) -> bool:
    return c in LETTERS or (c != "" and c in DIGITS)


def is_host(c: str) -> bool:
    return is_word(c) or (c != "" and c in ".-")


def is_local(c: str) -> bool:
    return is_word(c) or (c != "" and c in "._%+-")


def is_path(c: str) -> bool:
    return is_word(c) or (c != "" and c in "-._~:/?#@!$&'()*+,;=%")


def is_user(c: str) -> bool:
    return c != "" and c in ASCII_LETTERS + DIGITS + "_"


def run(text: str, at: int, kind: Kind) -> int:
    while at < len(text) and kind(text[at]):
        at += 1
    return at


# Letters


def folded(text: str) -> str:
    fold = fold_table()
    return "".join(fold.get(c, c) for c in text if c not in IGNORED)


def fold_table() -> dict[str, str]:
    fold: dict[str, str] = {}
    punctuation = {chr(int(c, 16)): to for to, codes in PUNCTUATION.items() for c in codes.split()}
    for entry in FOLDED.split():
        codes, to = entry.split(":")
        first, last = (codes + "-" + codes).split("-")[:2]
        for offset in range(int(last, 16) - int(first, 16) + 1):
            single = chr(int(to, 16) + offset)
            fold[chr(int(first, 16) + offset)] = punctuation.get(single, single)
    return fold | {entry[0]: entry[1:] for entry in LIGATURES.split()} | punctuation


def composed(text: str) -> str:
    out, i = [], 0
    while i < len(text):
        letter = text[i] if text[i] not in MARKS else ""
        end = run(text, i + len(letter), lambda c: c in MARKS)
        out.append(with_marks(letter, list(text[i + len(letter) : end])))
        i = end
    return "".join(out)


def with_marks(letter: str, marks: list[str]) -> str:
    for at, mark in enumerate(marks):
        pairs = COMPOSED.get(mark, "")
        for small, small_composed in zip(pairs[::2], pairs[1::2], strict=True):
            for base, whole in ((small, small_composed), (upper(small), upper(small_composed))):
                if base and whole and base == letter:
                    return with_marks(whole, marks[:at] + marks[at + 1 :])
    return letter


def upper(small: str) -> str:
    """The first letter whose lower case is this one; nothing if there is none."""
    capital = small.upper()
    return capital if capital in LETTERS and lower(capital) == small else ""


# Addresses


def replaced_addresses(text: str) -> str:
    for match in (tag, url, user, email, bare_url):
        out, i = [], 0
        while i < len(text):
            replacement, end = match(text, i, text[i - 1] if i else "")
            out.append(replacement if end > i else text[i])
            i = max(end, i + 1)
        text = "".join(out)
    return text


Match = tuple[str, int]
"""A replacement, and where the replaced part ends; its start if nothing is replaced."""


def tag(text: str, i: int, before: str) -> Match:
    end = run(text, i, lambda c: c == "#")
    if end > i and not (is_word(before) or before in ("&", "#")) and is_letter(text[end : end + 1]):
        return "", end
    return "", i


def url(text: str, i: int, before: str) -> Match:
    free = not is_host(before) and before not in ("@", "/")
    for start in ("http://", "https://", "ftp://", *(["www."] if free else [])):
        at = i + len(start)
        if ascii_lower(text[i:at]) == start and is_word(text[at : at + 1]):
            end = run(text, at, is_path)
            address = text[i:end].rstrip(GIVEN_BACK)
            return " [url] " + text[i + len(address) : end], end
    return "", i


def user(text: str, i: int, before: str) -> Match:
    if text[i] != "@" or is_word(before) or before in ("_", "@", "/"):
        return "", i
    at = run(text, i + 1, lambda c: c == "_")
    if text[at : at + 1] not in tuple(ASCII_LETTERS):
        return "", i
    end = run(text, at, is_user)
    if text[end : end + 1] == "@":
        server = text[end + 1 : run(text, end + 1, is_host)].rstrip(".-")
        end += len("@" + server) if server else 0
    return " [user] ", end


def email(text: str, i: int, before: str) -> Match:
    at = run(text, i, is_local)
    end = run(text, at + 1, is_host)
    if is_local(before) or at == i or text[at : at + 1] != "@" or end == at + 1:
        return "", i
    host = text[at + 1 : end].rstrip(".-")
    last = host.split(".")[-1]
    named = any(is_word(c) for c in text[i:at])
    if named and has_labels(host) and len(last) >= 2 and all(map(is_letter, last)):
        return " [email] " + text[at + 1 + len(host) : end], end
    return text[i:end], end


def bare_url(text: str, i: int, before: str) -> Match:
    end = run(text, i, is_host)
    if end == i or is_host(before) or before in ("@", "/") or text[end : end + 1] == "@":
        return "", i
    host = text[i:end].rstrip(".-")
    complete = len(host) == end - i
    path_end = run(text, end, is_path) if text[end : end + 1] == "/" else end
    path = text[end:path_end].rstrip(GIVEN_BACK) if complete else ""
    domain = ascii_lower(host.split(".")[-1])
    if has_labels(host) and (domain in PLAIN_DOMAINS or (domain in PATH_DOMAINS and len(path) > 1)):
        return " [url] " + text[i + len(host) + len(path) : path_end], path_end
    return text[i:path_end], path_end


def has_labels(host: str) -> bool:
    return host.count(".") >= 1 and "" not in host.split(".")


# Special tokens and elongations


def lower_specials(text: str) -> str:
    out, i = [], 0
    while i < len(text):
        special = next((s for s in SPECIAL if ascii_lower(text[i : i + len(s)]) == s), text[i])
        out.append(special)
        i += len(special)
    return "".join(out)


def shortened(text: str) -> str:
    kept: list[str] = []
    for c in text:
        if not (is_letter(c) and kept[-2:] == [c, c]):
            kept.append(c)
    out, i = [], 0
    while i < len(kept):
        pair = kept[i : i + 2]
        end = i
        while len(pair) == 2 and all(map(is_letter, pair)) and kept[end : end + 2] == pair:
            end += 2
        out += pair * 2 if end - i > 4 else kept[i : i + 1]
        i = end if end - i > 4 else i + 1
    return "".join(out)


# The scan


def scan(text: str) -> list[str]:
    found, i = [], 0
    while i < len(text):
        token, i = token_at(text, i)
        if token and token not in SEPARATORS:
            found.append(token)
    return found


def token_at(text: str, i: int) -> tuple[str, int]:
    if special := next((s for s in SPECIAL if text.startswith(s, i)), ""):
        return special, i + len(special)
    if is_letter(text[i]):
        return text[i : (end := word_end(text, i))], end
    if text[i] in DIGITS:
        return text[i : (end := run(text, i, lambda c: c in DIGITS))], end
    if text[i] in "!?":
        end = run(text, i, lambda c: c in "!?")
        mixed = "!" in text[i:end] and "?" in text[i:end]
        return "?!" if mixed else text[i : min(end, i + 2)], end
    if text.startswith("..", i):
        return "..", run(text, i, lambda c: c == ".")
    return text[i], i + 1


def word_end(text: str, i: int) -> int:
    end = run(text, i, is_letter)
    while text[end : end + 1] == "'" and is_letter(text[end + 1 : end + 2]):
        end = run(text, end + 1, is_letter)
    return end
