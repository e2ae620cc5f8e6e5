"""Markup, emoji, emoticons and feelings by the rules, one code point at a time, without `re`.

Only tables are taken from the package.
"""

from edgemood.text.normalization.emoji import EMOJI, PUNCTUATION
from edgemood.text.normalization.emoticons import FACES, MOUTHS, PICTURES, WORDS, smiley_feeling
from edgemood.text.normalization.feelings import FEELINGS
from edgemood.text.normalization.markup import BLOCK, ENTITIES, INLINE, WINDOWS_1252

SPACE = frozenset(
    map(chr, (*range(9, 14), 0x20, 0x85, 0xA0, 0x1680, *range(0x2000, 0x200B), 0x2028, 0x2029))
) | {"\u202f", "\u205f", "\u3000"}
HTML_SPACE = frozenset(" \t\n\r\f\v")
DIGITS = frozenset("0123456789")
HEXADECIMAL = DIGITS | frozenset("abcdefABCDEF")
ASCII_LETTERS = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")


def run_end(text: str, start: int, chars: frozenset[str]) -> int:
    end = start
    while end < len(text) and text[end] in chars:
        end += 1
    return end


def scan_markup(text: str) -> str:
    return scan_tags(scan_references(text))


def scan_references(text: str) -> str:
    out, i = [], 0
    while i < len(text):
        codes, end = [], i
        while (reference := numeric_reference(text, end)) is not None:
            code, end = reference
            codes.append(code)
        if codes:
            out.append(characters(codes))
        else:
            named, end = named_reference(text, i)
            out.append(named)
        i = end
    return "".join(out)


def numeric_reference(text: str, i: int) -> tuple[int, int] | None:
    if text[i : i + 2] != "&#":
        return None
    base, longest, digits, start = 10, 7, DIGITS, i + 2
    if text[start : start + 1] in ("x", "X"):
        base, longest, digits, start = 16, 6, HEXADECIMAL, start + 1
    end = run_end(text, start, digits)
    if not 1 <= end - start <= longest or text[end : end + 1] != ";":
        return None
    return int(text[start:end], base), end + 1


def characters(codes: list[int]) -> str:
    out, i = "", 0
    while i < len(codes):
        code = codes[i]
        following = codes[i + 1] if i + 1 < len(codes) else 0
        if 0xD800 <= code <= 0xDBFF and 0xDC00 <= following <= 0xDFFF:
            out += (chr(code) + chr(following)).encode("utf-16", "surrogatepass").decode("utf-16")
            i += 2
            continue
        control = code < 32 or code == 127 or 0xD800 <= code <= 0xDFFF or code > 0x10FFFF
        out += WINDOWS_1252[code - 128] if 128 <= code < 160 else " " if control else chr(code)
        i += 1
    return out


def named_reference(text: str, i: int) -> tuple[str, int]:
    if text[i] == "&":
        end = run_end(text, i + 1, ASCII_LETTERS | DIGITS)
        if text[i + 1 : end] in ENTITIES and text[end : end + 1] == ";":
            return ENTITIES[text[i + 1 : end]], end + 1
    return text[i], i + 1


def scan_tags(text: str) -> str:
    out, i = [], 0
    while i < len(text):
        end, name = tag(text, i)
        out.append(text[i] if end == i else " " if name in BLOCK else "")
        i = max(end, i + 1)
    return "".join(out)


def tag(text: str, i: int) -> tuple[int, str]:
    """Where the tag at a position ends, and its name; the position itself if there is none."""
    if text[i] != "<":
        return i, ""
    start = i + 1 if text[i + 1 : i + 2] != "/" else i + 2
    name_end = run_end(text, start, ASCII_LETTERS | DIGITS)
    name = text[start:name_end].lower()
    end = name_end
    while end < len(text) and text[end] not in "<>":
        end += 1
    if name not in INLINE + BLOCK or text[end : end + 1] != ">":
        return i, ""
    inside = text[name_end:end]
    attributes = inside[:1] in HTML_SPACE and "=" in inside if inside else False
    if attributes or inside.removesuffix("/").strip(" \t\n\r\f\v") == "":
        return end + 1, name
    return i, ""


def scan_emoji(text: str) -> str:
    dropped = {0x200D, 0x20E3, 0xFE0E, 0xFE0F, *range(0x1F3FB, 0x1F400)}
    kept: list[str] = []
    for c in text:
        gender = c in "♀♂" and kept and (0x1F000 <= ord(kept[-1]) <= 0x1FAFF or kept[-1] == "⛹")
        if ord(c) not in dropped and not gender:
            kept.append(c)
    out, i = [], 0
    while i < len(kept):
        if kept[i : i + 2] == ["😮", "💨"]:
            out.append(" [tired] ")
            i += 2
            continue
        c = kept[i]
        out.append(f" [{EMOJI[c]}] " if c in EMOJI else PUNCTUATION.get(c, c))
        i += 1
    return "".join(out)


def is_letter(c: str) -> bool:
    return c in ASCII_LETTERS or "\xc0" <= c <= "\u052f" or "\u1e00" <= c <= "\u1eff"


def is_letter_or_digit(c: str) -> bool:
    return c != "" and (c in DIGITS or is_letter(c))


def scan_emoticons(text: str) -> str:
    out, i, opened, replaced_to = "", 0, 0, 0
    while i < len(text):
        # A border is the empty string: the start, and the end of a replaced emoticon.
        before = "" if i == replaced_to else text[i - 1]
        end, feeling = emoticon(text, i, before, opened)
        if feeling:
            out += f" [{feeling}] "
            i = replaced_to = end
            continue
        opened = max(0, opened + (text[i] == "(") - (text[i] == ")"))
        out += text[i]
        i += 1
    return out


def emoticon(text: str, i: int, before: str, opened: int) -> tuple[int, str | None]:
    if before == "^":
        return i, None
    if picture := next((p for p in by_length(PICTURES) if text.startswith(p, i)), None):
        return i + len(picture), PICTURES[picture]
    if text[i] == "(":
        end, feeling = face(text, i + 1)
        if feeling and text[end : end + 1] == ")":
            return end + 1, feeling
    soft = before == "" or before in SPACE or before in ".,!?"
    for form, may_follow in FORMS:
        end, feeling = form(text, i)
        if end > i:
            fits = soft or may_follow(text[i:end], before, opened)
            closing = text[i] == ")" and opened > 0
            fits = fits and not closing and not is_letter_or_digit(text[end : end + 1])
            return end, feeling if fits else None
    return i, None


def by_length(table: dict[str, str]) -> list[str]:
    return sorted(table, key=len, reverse=True)


def listed_may_follow(string: str, before: str, opened: int) -> bool:
    first = string[0]
    alone = not is_letter_or_digit(first) and first not in ":;="
    return alone and not is_letter_or_digit(before) and before != first


def smiley_may_follow(string: str, before: str, opened: int) -> bool:
    mouth = string[-1]
    if "=" in string[:2] or mouth not in "()]DP" or before in "0123456789:;":
        return False
    length = len(string) - len(string.rstrip(mouth))
    return not is_letter(before) or not (string[0] == ">" or (mouth == ")" and length <= opened))


def only_at_borders(string: str, before: str, opened: int) -> bool:
    return False


def face(text: str, i: int) -> tuple[int, str | None]:
    mouth = text[i + 1 : i + 2]
    end = i + 2
    if mouth and mouth in "_‿﹏":
        end = run_end(text, i + 1, frozenset(mouth))
    eyes = text[i] + mouth + text[end : end + 1] if i < len(text) else ""
    return (end + 1, FACES[eyes]) if eyes in FACES else (i, None)


def word(text: str, i: int) -> tuple[int, str | None]:
    for listed, feeling in WORDS.items():
        if not text.startswith(listed, i):
            continue
        end = i + len(listed)
        if listed == "^^":
            if text[end : end + 1] in ("^", "*", "/", "("):
                continue
            return end, feeling
        return run_end(text, end, frozenset(listed[-1])), feeling
    return i, None


def smiley(text: str, i: int) -> tuple[int, str | None]:
    at = i
    hat = text[at : at + 1] if text[at : at + 1] == ">" else ""
    at += len(hat)
    eyes = text[at : at + 1]
    if eyes not in (":", ";", "="):
        return i, None
    at += 1
    tear = "'" if text[at : at + 1] == "'" else ""
    at += len(tear)
    at += text[at : at + 1] in ("-", "^")
    mouth = text[at : at + 1]
    if mouth not in MOUTHS:
        return i, None
    end = run_end(text, at, frozenset(mouth))
    if eyes == "=" and text[end : end + 1] == "=":
        return end, None
    return end, smiley_feeling(hat, eyes, tear, mouth)


def turned(text: str, i: int) -> tuple[int, str | None]:
    mouth = text[i : i + 1]
    if mouth not in ("(", ")"):
        return i, None
    at = run_end(text[: i + 8], i, frozenset(mouth))
    at += text[at : at + 1] == "-"
    eyes = text[at : at + 1]
    if eyes not in ((":", ";") if mouth == "(" else (":",)):
        return i, None
    if text[at + 1 : at + 2] in (":", ";", "="):
        return at + 1, None
    return at + 1, "sad" if mouth == ")" else "winking" if eyes == ";" else "smiling"


def dread(text: str, i: int) -> tuple[int, str | None]:
    if not text.startswith("D:", i):
        return i, None
    return i + 2, None if any(c not in SPACE for c in text[i + 2 :]) else "scared"


FORMS = (
    (face, listed_may_follow),
    (word, listed_may_follow),
    (smiley, smiley_may_follow),
    (turned, only_at_borders),
    (dread, only_at_borders),
)


def shortened_feelings(text: str) -> str:
    out, i = [], 0
    while i < len(text):
        feeling = next((f"[{f}]" for f in FEELINGS if text.startswith(f"[{f}]", i)), "")
        count, end = (1, i + len(feeling)) if feeling else (0, i + 1)
        while feeling:
            following = run_end(text, end, frozenset(" "))
            if not text.startswith(feeling, following):
                break
            count, end = count + 1, following + len(feeling)
        out.append(f"{feeling} {feeling}" if count > 2 else text[i:end])
        i = end
    return "".join(out)
