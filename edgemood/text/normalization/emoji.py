"""Emoji to feelings.

The rules apply to code points, from the left, and leave ASCII text as it is:

1. Variation selectors (U+FE0E, U+FE0F), the zero-width joiner, the keycap (U+20E3) and skin tones
   (U+1F3FB to U+1F3FF) are dropped. A sequence is thus read as its parts.
2. The signs of gender, U+2640 and U+2642, are dropped directly after U+26F9 or a code point from
   U+1F000 to U+1FAFF.
3. 😮 directly followed by 💨, which together are an emoji that breathes out, is ``tired``.
4. An emoji of `EMOJI` becomes its feeling in brackets, between blanks. One of `PUNCTUATION` becomes
   that punctuation. All other code points stay as they are.

Emoji without a feeling of their own stay as they are: food, animals, flags, places, tools, weapons,
arrows, pointing and waving hands, check marks and crosses (which are bullets of lists), and of the
common ones 👋 👉 👇 ✅ ❌ ➡ 🌊 🎃 👻 🤖 💦 🤫 💅 💁.
"""

import re

from edgemood.text.normalization.feelings import bracketed

_BY_FEELING = {
    "laughing": "😂🤣😆😹🤭",
    "smiling": "😊☺🙂😇😺☻🌞🌝",
    "grinning": "😀😃😄😁😸",
    "love": "❤♥♡💕💖💗💓💞💘💝💟❣❥💙💚💛🧡💜🖤🤍🤎🩷🩵🩶😍🥰😻🫶💑💏💌💍🫰🤟",
    "kissing": "😘😗😙😚💋😽👄",
    "hugging": "🤗🫂",
    "pleading": "🥺🥹",
    "lovely": "✨🌟⭐💫🌸🌹🌺🌷🌻🌼💐🏵💮🪷🪻🌈☀🌅🌄🦋🍀🎀👼",
    "excited": "🤩🤑💃🕺🎆🎇🚀🤸👯🤤",
    "celebrating": "🎉🎊🥳🙌🎂🎁🎈🥂🍾🍻🏆🏅🥇🥈🥉🎖🎓👑🪅🪩🎄",
    "applause": "👏",
    "singing": "♪♫♬♩🎵🎶🎤🎼",
    "strong": "💪✊👊🤛🤜🦾🏋",
    "approval": "👍👌🆗💯🤝🫡🙆🫱🫲",
    "hopeful": "🤞🌠🧿",
    "praying": "🙏🤲📿🛐🙇🕯🕊",
    "relieved": "😌😅🧘☮",
    "cool": "😎🆒🤘🤙✌🕶🤠🏄",
    "winking": "😉",
    "playful": "😛😜😝🤪😋🐵🥸👅",
    "smirking": "😏😈😼🫦",
    "fire": "🔥",
    "sad": "😔😞☹🙁😥🥲🙍🥀⚰🪦😿",
    "crying": "😢",
    "sobbing": "😭",
    "heartbroken": "💔",
    "frustrated": "😤😩😫😖😣🙎",
    "tired": "😴😪🥱💤🛌🪫🫩",
    "sick": "🤒🤕😷🤧🥵🥶🩼",
    "disgusted": "🤢💩🤮",
    "angry": "😠😡👿💢😾🗯👹👺",
    "swearing": "🤬🖕",
    "annoyed": "😒🙄😑",
    "disapproval": "👎🙅🚫⛔",
    "sarcastic": "🙃🤡",
    "scared": "😨😧😦🫣",
    "screaming": "😱🙀",
    "nervous": "😬😓😰😟🫨",
    "surprised": "😮😯😲🤯🫢💥",
    "confused": "😕😵🥴🫤",
    "curious": "👀👁🤓",
    "thinking": "🤔🧐💭",
    "skeptical": "🤨🤥",
    "shrugging": "🤷",
    "facepalm": "🤦",
    "embarrassed": "😳🙈🙊🙉🫠",
    "neutral": "😐😶🤐🫥",
    "dead": "💀☠",
}
EMOJI = {emoji: feeling for feeling, all_of in _BY_FEELING.items() for emoji in all_of}
"""From an emoji of one code point to its feeling."""

PUNCTUATION = {
    "❗": "!",
    "❕": "!",
    "‼": "!!",
    "❓": "?",
    "❔": "?",
    "⁇": "??",
    "⁈": "?!",
    "⁉": "?!",
}

_REPLACEMENTS = {emoji: bracketed(feeling) for emoji, feeling in EMOJI.items()} | PUNCTUATION
_DROPPED = dict.fromkeys((0x200D, 0x20E3, 0xFE0E, 0xFE0F, *range(0x1F3FB, 0x1F400)))
# All code points that the rules mention are in these ranges, and few others of a text.
_RUN = re.compile(
    "[\u200d\u203c\u2047-\u2049\u20e3\u2600-\u27bf\u2b50\ufe0e\ufe0f\U0001f000-\U0001faff]+"
)
_GENDER = re.compile("(?<=[\u26f9\U0001f000-\U0001faff])[\u2640\u2642]+")
_BREATH = "😮💨"


def replace_emoji(text: str) -> str:
    """Replace the emoji that stand for a feeling by the feeling in brackets, between blanks."""
    if text.isascii():
        return text
    return _RUN.sub(lambda run: _replaced(run[0]), text)


def _replaced(run: str) -> str:
    visible = _GENDER.sub("", run.translate(_DROPPED)).replace(_BREATH, bracketed("tired"))
    return "".join([_REPLACEMENTS.get(c, c) for c in visible])
