import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgemood.text.normalization.emoji import EMOJI, PUNCTUATION, replace_emoji
from edgemood.text.normalization.feelings import FEELINGS
from tests.edgemood.text.normalization.scanners import scan_emoji

COMMON = """
😂 ❤ 🤣 👍 😭 🙏 😘 🥰 😍 😊 🎉 😁 💕 🥺 😅 🔥 ☺ 🤦 ♥ 🤷 🙄 😆 🤗 😉 🎂
🤔 👏 🙂 😳 🥳 😎 👌 💜 😔 💪 ✨ 💖 👀 😋 😏 😢 💗 😩 💯 🌹 💞 🎈 💙 😃 😡
💐 😜 🙈 🤞 😄 🤤 🙌 🤪 ❣ 😀 💋 💀 💔 😌 💓 🤩 🙃 😬 😱 😴 🤭 😐 🌞 😒 😇
🌸 😈 🎶 ✌ 🎊 🥵 😞 💚 ☀ 🖤 💰 😚 👑 🎁 💥 ☹ 😑 🥴 👈 💩 😤 🤢 👉 👎 🤮
😠 😨
""".split()
"""Emoji that are often named among the most used ones."""

LEFT = set("💰👈👉")
"""Those of them that stay as they are."""


def squeezed(text: str) -> str:
    return " ".join(replace_emoji(text).split())


def test_each_feeling_has_an_emoji_and_each_emoji_a_known_feeling() -> None:
    assert set(EMOJI.values()) == set(FEELINGS)
    assert all(len(emoji) == 1 for emoji in EMOJI | PUNCTUATION)
    assert not EMOJI.keys() & PUNCTUATION.keys()


def test_common_emoji_have_a_feeling() -> None:
    assert {emoji for emoji in COMMON if emoji not in EMOJI} == LEFT


@pytest.mark.parametrize("emoji", EMOJI)
def test_each_emoji_is_replaced(emoji: str) -> None:
    assert replace_emoji(f"a{emoji}b") == f"a [{EMOJI[emoji]}] b"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("so funny 😂😂", "so funny [laughing] [laughing]"),
        ("👍🏽", "[approval]"),
        ("❤️", "[love]"),
        ("❤️‍🔥", "[love] [fire]"),
        ("🤷🏻‍♀️ 🤦‍♂️", "[shrugging] [facepalm]"),
        ("🏃‍♀️ ⛹🏾‍♂️", "🏃 ⛹"),
        ("a ♀ b♂", "a ♀ b♂"),
        ("😮‍💨 😮 💨", "[tired] [surprised] 💨"),
        ("5️⃣ #️⃣", "5 #"),
        ("what⁉️ no‼️ ❗❓", "what?! no!! !?"),
        ("✅ done", "✅ done"),
        ("🇫🇷", "🇫🇷"),
        ("🏽", ""),
        ("😀\ufe0e", "[grinning]"),
        ("été, naïve → Ω 漢字", "été, naïve → Ω 漢字"),
    ],
)
def test_examples(text: str, expected: str) -> None:
    assert squeezed(text) == expected


alphabet = st.one_of(st.sampled_from("a😂😮💨🤷🏽♀♂⛹❗🔥\u200d\ufe0f\u20e3 "), st.characters())


@given(st.text(alphabet, max_size=40))
def test_agrees_with_the_rules_one_code_point_at_a_time(text: str) -> None:
    assert replace_emoji(text) == scan_emoji(text)


@given(st.text(alphabet, max_size=40))
def test_a_second_time_changes_nothing(text: str) -> None:
    assert replace_emoji(replace_emoji(text)) == replace_emoji(text)
