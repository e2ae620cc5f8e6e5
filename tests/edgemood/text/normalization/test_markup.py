import html

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgemood.text.normalization.markup import (
    BLOCK,
    ENTITIES,
    INLINE,
    WINDOWS_1252,
    decode_markup,
)
from tests.edgemood.text.normalization.scanners import scan_markup


@pytest.mark.parametrize("name", ENTITIES)
def test_names_mean_what_they_mean_in_html(name: str) -> None:
    expected = html.unescape(f"&{name};")
    if name in {"nbsp", "ensp", "emsp", "thinsp", "Tab", "NewLine"}:
        assert expected.isspace()
        assert ENTITIES[name].isspace()
    else:
        assert ENTITIES[name] == expected
    assert decode_markup(f"a&{name};b") == f"a{ENTITIES[name]}b"


def test_the_numbers_of_windows_1252() -> None:
    expected = bytes(range(128, 160)).decode("cp1252", errors="replace")
    assert expected.replace("\ufffd", " ") == WINDOWS_1252


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("I don&#39;t like it", "I don't like it"),
        ("I don&#x27;t, I don&#X27;t, I don&apos;t", "I don't, I don't, I don't"),
        ("don&#146;t", "don’t"),
        ("&quot;no&quot; &amp; &lt;3", '"no" & <3'),
        ("&amp;lt; &amp;#39;", "&lt; &#39;"),
        ("&am&#112;; &&amp;", "&amp; &&"),
        ("caf&eacute; &Eacute;t&eacute;", "café Été"),
        ("&#128514;&#x1F602;", "😂😂"),
        ("&#55357;&#56834; &#xD83D;&#xDE02;", "😂 😂"),
        ("a&#55357;b&#56834;c&#55357;&#55357;&#56834;", "a b c 😂"),
        ("a&#0;b&#7;c&#127;d&#129;e&#1114112;f&#xFFFFFF;", "a b c d e f "),
        ("one&#10;two&#9;three", "one two three"),
        (
            "&nope; &amp &#39 &#; &#x; &#12345678; &# &",
            "&nope; &amp &#39 &#; &#x; &#12345678; &# &",
        ),
        ("&AMP; &Amp; &EACUTE;", "& &Amp; &EACUTE;"),
        ("AT&T; R&D", "AT&T; R&D"),
    ],
)
def test_references(text: str, expected: str) -> None:
    assert decode_markup(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("I am <b>not</b> happy", "I am not happy"),
        ("un<i>happy</i> <EM>now</EM>", "unhappy now"),
        ("one<br>two<br/>three<BR />four", "one two three four"),
        ('<p class= " plotpar " >A plot.</p>', " A plot. "),
        ("<a href='https://x.org/?a=b' rel=next>here</a>", "here"),
        ("<ul><li>a</li><li>b</li></ul>", "  a  b  "),
        ("<h1>Title</h1>text", " Title text"),
        ("&lt;b&gt;not&lt;/b&gt;", "not"),
        ("<3 </3 <- <-- a<b b>a", "<3 </3 <- <-- a<b b>a"),
        ("a <b and c> d", "a <b and c> d"),
        ("<script>x</script> <blink> <x b=c>", "<script>x</script> <blink> <x b=c>"),
        ("<b", "<b"),
        ("<b <b>", "<b "),
        ("< b>", "< b>"),
        ("<bold>", "<bold>"),
    ],
)
def test_tags(text: str, expected: str) -> None:
    assert decode_markup(text) == expected


def test_no_name_is_in_both_lists() -> None:
    assert not set(INLINE) & set(BLOCK)


@given(st.text())
def test_the_references_of_any_text_give_the_text(text: str) -> None:
    # Characters that a reference cannot mean, or that would make a tag, are left out.
    plain = "".join(c for c in text if ord(c) > 0x9F and not 0xD800 <= ord(c) < 0xE000)
    assert decode_markup("".join(f"&#{ord(c)};" for c in plain)) == plain
    assert decode_markup("".join(f"&#x{ord(c):x};" for c in plain)) == plain


@given(st.text(st.characters(exclude_characters="&<")))
def test_other_texts_stay(text: str) -> None:
    assert decode_markup(text) == text


parts = st.one_of(
    st.sampled_from([*"&#;x<>/= 1a", "&#", "&#x", "&amp;", "&#55357;", "&#56834;", "<b", "<br"]),
    st.sampled_from(["&#39;", "</p", "amp", "href=", "&#146;", "&hearts;", "&#1114112;"]),
    st.characters(),
)


@given(st.lists(parts, max_size=14))
def test_agrees_with_a_scanner_written_from_the_rules(pieces: list[str]) -> None:
    text = "".join(pieces)
    assert decode_markup(text) == scan_markup(text)
