import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgemood.text.normalization.emoticons import (
    FACES,
    MOUTHS,
    PICTURES,
    WORDS,
    replace_emoticons,
    smiley_feeling,
)
from edgemood.text.normalization.feelings import FEELINGS
from tests.edgemood.text.normalization.scanners import scan_emoticons


def squeezed(text: str) -> str:
    return " ".join(part for part in replace_emoticons(text).split(" ") if part)


def test_feelings_are_known() -> None:
    for table in (PICTURES, FACES, WORDS, MOUTHS):
        assert set(table.values()) <= set(FEELINGS)
    for hat in ("", ">"):
        for tear in ("", "'"):
            for eyes in ":;=":
                for mouth in MOUTHS:
                    assert smiley_feeling(hat, eyes, tear, mouth) in {None, *FEELINGS}


@pytest.mark.parametrize("table", [PICTURES, FACES, WORDS])
def test_each_listed_emoticon_is_replaced(table: dict[str, str]) -> None:
    for emoticon, feeling in table.items():
        assert squeezed(f"oh {emoticon} no") == f"oh [{feeling}] no"
        assert squeezed(emoticon) == f"[{feeling}]"


@pytest.mark.parametrize("face", FACES)
def test_faces_may_be_in_parentheses(face: str) -> None:
    assert squeezed(f"oh({face})no") == f"oh [{FACES[face]}] no"


@pytest.mark.parametrize(
    ("emoticons", "feeling"),
    [
        (":) :-) :] =) (: (-: :)) :)))))) :-)))) ((: :^) :>", "smiling"),
        (":D :-D =D :DDDD", "grinning"),
        (":( :-( :[ =( ): )-: :((( :c :C :<", "sad"),
        (":'( :'-( :'(( ;( ;-( :'/", "crying"),
        (";) ;-) ;D ;] (; (-; ;))", "winking"),
        (":P :p :-P =P ;P ;3 :3 :PPP >:P", "playful"),
        (":/ :-/ :\\ =/ :-\\ ://", "skeptical"),
        (":| :-|", "neutral"),
        (":o :O :-O :OOO", "surprised"),
        (":S :s :-S", "confused"),
        (":* :-* ;* :**", "kissing"),
        (":$ :-$", "embarrassed"),
        (":') :'D :'-)", "laughing"),
        ("xD XD xDDD xd xddd", "laughing"),
        (">:( >:-( >:[ >:/ >:| >:O :@ >:@ >:((", "angry"),
        (">:) >:D >;)", "smirking"),
        ("<3 <333", "love"),
        ("-_- -___- (-_-) -.-", "annoyed"),
        ("^^ ^_^ ^__^ (^_^) ^-^ :o)", "smiling"),
    ],
)
def test_kinds(emoticons: str, feeling: str) -> None:
    for emoticon in emoticons.split():
        assert squeezed(emoticon) == f"[{feeling}]"
        assert squeezed(f"I see {emoticon}") == f"I see [{feeling}]"
        assert squeezed(f"I see. {emoticon} Well.") == f"I see. [{feeling}] Well."


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("great:)", "great [smiling]"),
        ("great:( and bad:D", "great [sad] and bad [grinning]"),
        ("great!:-)", "great! [smiling]"),
        ("haha,xD", "haha, [laughing]"),
        (":):):(", "[smiling] [smiling] [sad]"),
        ("(I like it :)", "(I like it [smiling]"),
        ("(I like it:))", "(I like it [smiling]"),
        ("( :) )", "( [smiling] )"),
        ("(yes!:)", "(yes! [smiling]"),
        ("oh no D:", "oh no [scared]"),
        ("D: :)", "D: [smiling]"),
        (":)xD", ":)xD"),
        ("what :O?!", "what [surprised] ?!"),
        ("(╯°□°)╯︵ ┻━┻!!", "[angry] !!"),
        ("well¯\\_(ツ)_/¯ok", "well [shrugging] ok"),
        ("he:(( is gone;( ...;_;", "he [sad] is gone [crying] ... [crying]"),
        ("such battery :o( indeed ;o)", "such battery [sad] indeed [winking]"),
        ("^^:) but ^^^:)", "[smiling] [smiling] but ^^^:)"),
        ("i <3 u, you broke my </3", "i [love] u, you broke my [heartbroken]"),
    ],
)
def test_borders_that_are_wide_enough(text: str, expected: str) -> None:
    assert squeezed(text) == expected


@pytest.mark.parametrize(
    "text",
    """
    10:30
    at 5:3, 16:9 and 1:0
    x:D3
    c:/ and C:\\ and D:\\data
    8) item
    8 ) item and B) item
    http://example.org/x
    :Desktop
    (note:) this
    (see (a) and note:) this
    (foo ): bar
    f(a;)
    for (;;)
    for(;;){}
    std::D
    list:(a, b)
    key: (value)
    {"a":[1], "b":(2)}
    x = [1]
    if (a==(b))
    a >= (b)
    x<3 and 1<3
    if i <3x
    Re: (no subject)
    :smile: and :p1:
    two, knows, owow and Xdata
    xdg-open
    D: is an option
    Windows XP
    0.0 and 1.0
    o.org and foo.o
    max_x_x and __init__
    ratio 3:(4)
    12:)
    a ( b ) : c
    ::)
    a <- b -> c
    --_--
    ^^^help and ^^*this* and ^^(that) and ^^^ that
    less =/= more
    ok:o) and ok;_;
    """.strip().split("\n"),
)
def test_near_misses(text: str) -> None:
    assert replace_emoticons(text.strip()) == text.strip()


parts = st.one_of(
    st.sampled_from([*PICTURES, *FACES, *WORDS, *MOUTHS, *":;=>-'^ (.a5", "D:", ":)", "):", "(:"]),
    st.characters(),
)


@given(st.lists(parts, max_size=14))
def test_agrees_with_a_scanner_written_from_the_rules(pieces: list[str]) -> None:
    text = "".join(pieces)
    assert replace_emoticons(text) == scan_emoticons(text)


@given(st.lists(parts, max_size=14))
def test_a_second_time_changes_nothing(pieces: list[str]) -> None:
    once = squeezed("".join(pieces))
    assert squeezed(once) == once


@given(st.text(st.characters(exclude_characters=":;=<>^_\\D-.┻╯ツʖ◕﹏xXuUoO")))
def test_other_texts_stay(text: str) -> None:
    assert replace_emoticons(text) == text
