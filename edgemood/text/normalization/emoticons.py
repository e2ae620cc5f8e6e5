r"""Emoticons to feelings: ``:-)``, ``(:``, ``<3``, ``^_^``, ``¯\_(ツ)_/¯``.

Definitions. A *letter* is a code point of A-Z, a-z, U+00C0 to U+052F or U+1E00 to U+1EFF. A *soft
border* is the start of the text, white space, the end of an emoticon that was replaced, or one of
``. , ! ?``. *Open* is the number of ``(`` minus the number of ``)`` so far, never below zero,
without those of replaced emoticons.

At each position from the left, the first of these forms that matches there is tried. If its
conditions hold, it becomes its feeling in brackets, between blanks, and the scan goes on after it.
If they do not hold, or no form matches, the scan goes on at the next position. No emoticon is
directly after ``^``, unless that is the end of one that was replaced. The emoticons of all forms
but 1 and 2 are followed by neither a letter nor a digit.

1. *Pictures*: the strings of `PICTURES`, longest first. They have no other condition.
2. *Faces in parentheses*: ``(``, a face as in 3, ``)``. They have no other condition.
3. *Faces*: the strings of `FACES`, three code points: eye, mouth, eye. A mouth ``_``, ``‿`` or
   ``﹏`` may be repeated. Before the face is a soft border, or, unless its first eye is a letter, a
   digit, ``;`` or ``=``, a code point that is neither a letter, nor a digit, nor the first eye.
4. *Words*: the strings of `WORDS`, whose last code point may be repeated. What may be before them
   is as in 3, ``:`` and ``;`` as first code points included. After ``^^`` there is none of
   ``^ * / (``.
5. *Smileys*: perhaps ``>``, eyes ``:``, ``;`` or ``=``, perhaps a tear ``'``, perhaps a nose ``-``
   or ``^``, a mouth of `MOUTHS` once or more (the whole run belongs to it). `smiley_feeling` tells
   its feeling, or that it is none. With the eyes ``=``, another ``=`` is not after it. Before it is
   a soft border. With the eyes ``:`` or ``;`` and a mouth of ``( ) ] D P``, it may also be any code
   point but a digit, ``:`` and ``;``; if that is a letter, there is no ``>``, and a mouth of ``)``
   is longer than *open*, so that ``(note:)`` is no smiley.
6. *Turned smileys*: one to eight ``(``, perhaps ``-``, then ``:`` or ``;`` (``smiling``,
   ``winking``); or one to eight ``)``, perhaps ``-``, then ``:`` (``sad``, only if *open* is zero).
   Before it is a soft border, and after it none of ``: ; =``.
7. ``D:`` is ``scared`` with a soft border before it and nothing but white space after it.
"""

import re
from collections.abc import Iterable

from edgemood.text.normalization.feelings import bracketed


def _by_string(by_feeling: dict[str, str]) -> dict[str, str]:
    return {
        string: feeling for feeling, strings in by_feeling.items() for string in strings.split()
    }


PICTURES = {
    r"¯\_(ツ)_/¯": "shrugging",
    r"¯\\_(ツ)_/¯": "shrugging",
    r"¯_(ツ)_/¯": "shrugging",
    r"¯\(ツ)/¯": "shrugging",
    r"\_(ツ)_/": "shrugging",
    "(╯°□°)╯︵ ┻━┻": "angry",
    "(╯°□°)╯︵┻━┻": "angry",
    "(╯°□°)╯": "angry",
    "┻━┻": "angry",
    "( ͡° ͜ʖ ͡°)": "smirking",
    "( ° ʖ °)": "smirking",  # without its combining marks
}
FACES = _by_string(
    {
        "smiling": "^_^ ^.^ ^-^ ^o^ ^w^ n_n ◕‿◕",
        "excited": ">w< *_*",
        "crying": "T_T Q_Q ;_; ;-; ಥ_ಥ ಥ﹏ಥ",
        "sad": "u_u U_U",
        "playful": "uwu UwU UWU owo OwO OWO",
        "frustrated": ">_< >.<",
        "annoyed": "-_- -.- =_= =.=",
        "disapproval": "ಠ_ಠ",
        "surprised": "o_o O_O 0_0 o.o O.O",
        "confused": "o_O O_o o.O O.o",
        "skeptical": ">_> >.> <_< <.< ¬_¬",
        "neutral": "•_•",
        "dead": "x_x X_X",
    }
)
WORDS = _by_string(
    {
        "love": "<3",
        "heartbroken": r"</3 <\3",
        "sad": ":o(",
        "winking": ";o)",
        "smiling": "^^ :o)",
        "laughing": "xD XD xd",
        "celebrating": r"\o/",
        "cool": "8-) B-)",
    }
)
MOUTHS = _by_string(
    {
        "smiling": ") ] >",
        "grinning": "D",
        "sad": "( [ < c C",
        "playful": "P p 3",
        "kissing": "*",
        "skeptical": r"/ \ ",
        "neutral": "|",
        "surprised": "o O",
        "confused": "S s",
        "embarrassed": "$",
        "angry": "@",
    }
)
_WITH_WINK = {"smiling": "winking", "grinning": "winking", "sad": "crying"}
_WITH_TEAR = {
    "smiling": "laughing",
    "grinning": "laughing",
    "sad": "crying",
    "skeptical": "crying",
}
_WITH_HAT = {"smiling": "smirking", "grinning": "smirking", "playful": "playful"} | dict.fromkeys(
    ("sad", "skeptical", "neutral", "surprised", "confused", "angry"), "angry"
)
_EYES = {":": "".join(MOUTHS), ";": ")]D(Pp3*/", "=": ")]D(Pp/\\"}
"""The mouths that each kind of eyes can have."""
_ANYWHERE = frozenset(")(]DP")
"""Mouths that make a smiley without a soft border before it."""

_SPACE = "\t\n\v\f\r \x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"
_SOFT = re.compile(f"[{_SPACE}.,!?]")
_SPACE_TO_END = re.compile(f"[{_SPACE}]*\\Z")
_LETTER_OR_DIGIT = re.compile("[A-Za-z0-9À-ԯḀ-ỿ]")


def _any_of(strings: Iterable[str]) -> str:
    return "|".join(map(re.escape, sorted(strings, key=len, reverse=True)))


_EYE = f"[{re.escape(''.join({face[0] + face[-1] for face in FACES}))}]"
_FACE = f"{_EYE}(?:_+|‿+|﹏+|[.\\-owW]){_EYE}"
_WORDS = "|".join(f"{re.escape(word)}{re.escape(word[-1])}*" for word in WORDS if word != "^^")
_MOUTH = f"[{re.escape(''.join(MOUTHS))}]"
_FIRST = "[" + re.escape("".join({form[0] for form in (*PICTURES, *FACES, *WORDS)})) + "()>:;=D]"
# The first code point is checked at once: most of a text has none that an emoticon begins with.
_FORM = re.compile(
    rf"(?={_FIRST})(?:(?P<picture>{_any_of(PICTURES)})|\((?P<enclosed>{_FACE})\)|(?P<face>{_FACE})|(?P<word>{_WORDS}|\^\^(?![*/(^]))"
    rf"|(?P<smiley>(?P<hat>>?)(?P<eyes>[:;=])(?P<tear>'?)[-^]?(?P<mouth>(?P<lip>{_MOUTH})(?P=lip)*))"
    r"|(?P<turned>\({1,8}-?[:;]|\){1,8}-?:)|(?P<dread>D:)|[()])"
)
# Each emoticon has one of these. Most texts have none, and this search is faster than the scan.
_MARK = re.compile(r"[:;=<>^_D\\┻╯ツʖ◕﹏]|-[.)]|\.[oO]|xd|[uU][wW][uU]|[oO][wW][oO]")


def replace_emoticons(text: str) -> str:
    """Replace emoticons by their feeling in brackets, between blanks."""
    if not _MARK.search(text):
        return text
    parts: list[str] = []
    done = position = opened = 0
    while form := _FORM.search(text, position):
        start = form.start()
        feeling = _feeling(form, start == done, opened)
        if feeling:
            parts += text[done:start], bracketed(feeling)
            done = position = form.end()
        else:
            opened = max(0, opened + {"(": 1, ")": -1}.get(text[start], 0))
            position = start + 1
    return "".join(parts) + text[done:]


def _feeling(form: re.Match[str], at_border: bool, opened: int) -> str | None:
    """The feeling of a form that was found, if the conditions on what is around it hold."""
    kind, text = form.lastgroup, form.string
    before = "" if at_border else text[form.start() - 1 : form.start()]
    if kind is None or before == "^":
        return None
    if kind == "picture":
        return PICTURES[form[0]]
    if kind == "enclosed":
        return _face(form["enclosed"])
    if _LETTER_OR_DIGIT.match(text, form.end()):
        return None
    return _bordered(form, kind, before, opened)


def _bordered(form: re.Match[str], kind: str, before: str, opened: int) -> str | None:
    soft = not before or _SOFT.match(before) is not None
    if kind == "smiley":
        return _smiley(form, before, soft, opened)
    if kind in ("face", "word") and (soft or _stands_apart(form[0][0], before)):
        return _face(form[0]) if kind == "face" else _word(form[0])
    return _turned(form, opened) if kind in ("turned", "dread") and soft else None


def _face(string: str) -> str | None:
    return FACES.get(string[:2] + string[-1])


def _word(string: str) -> str:
    return next(feeling for word, feeling in WORDS.items() if string.startswith(word))


def _stands_apart(first: str, before: str) -> bool:
    if _LETTER_OR_DIGIT.match(first) or first in ":;=":
        return False
    return not (_LETTER_OR_DIGIT.match(before) or before == first)


def _smiley(form: re.Match[str], before: str, soft: bool, opened: int) -> str | None:
    mouth = form["mouth"]
    if form["eyes"] == "=" and form.string.startswith("=", form.end()):
        return None
    if not soft:
        letter = _LETTER_OR_DIGIT.match(before) is not None
        if form["eyes"] == "=" or mouth[0] not in _ANYWHERE or before in "0123456789:;":
            return None
        if letter and (form["hat"] or (mouth[0] == ")" and len(mouth) <= opened)):
            return None
    return smiley_feeling(form["hat"], form["eyes"], form["tear"], mouth[0])


def _turned(form: re.Match[str], opened: int) -> str | None:
    string = form[0]
    if string == "D:":
        return "scared" if _SPACE_TO_END.match(form.string, form.end()) else None
    if form.string[form.end() : form.end() + 1] in (":", ";", "="):
        return None
    if string[0] == "(":
        return "winking" if string[-1] == ";" else "smiling"
    return None if opened else "sad"


def smiley_feeling(hat: str, eyes: str, tear: str, mouth: str) -> str | None:
    """The feeling of a smiley.

    Args:
        hat: ``>`` or nothing.
        eyes: ``:``, ``;`` or ``=``.
        tear: ``'`` or nothing.
        mouth: one of `MOUTHS`.
    """
    if mouth not in _EYES[eyes] or (hat and eyes == "="):
        return None
    feeling = MOUTHS[mouth]
    if tear:
        return _WITH_TEAR.get(feeling)
    if hat:
        return _WITH_HAT.get(feeling)
    return _WITH_WINK.get(feeling, feeling) if eyes == ";" else feeling
