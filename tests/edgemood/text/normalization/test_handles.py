"""Addresses, handles and tags, and what only looks like one."""

import pytest

from edgemood.text.normalization.handles import replace_handles


@pytest.mark.parametrize(
    ("text", "replaced"),
    [
        ("see https://a.b/c?d=e#f now", "see [url] now"),
        ("HTTP://X and ftp://x and www.x.y and WWW.x", "[url] and [url] and [url] and [url]"),
        ("(https://x.y/z).", "( [url] )."),
        ("https://x.y/a_(b), ok", "[url] ), ok"),
        ("https://t.co/a\u3042", "[url] \u3042"),
        ("nohttp://x", "no [url]"),
        ("http:// x www. xwww.y", "http:// x www. xwww.y"),
        ("bit.ly/2x, youtu.be/x!", "[url] , [url] !"),
        ("Reddit.com. example.org/x", "[url] . [url]"),
        ("bit.ly and/or to.be/ t.co.", "bit.ly and/or to.be/ t.co."),
        ("so..com ok.comma .com", "so..com ok.comma .com"),
        ("mail me at love@awesome.org.", "mail me at [email] ."),
        ("a.b+c@d-e.co.uk,x", "[email] ,x"),
        ("a@b a@b.c a@b.c1 a@b@c.com @ x", "a@b a@b.c a@b.c1 a@b@c.com @ x"),
        ("a@b.c_d a..b@c..de", "a@b.c_d a..b@c..de"),
        ("@happy_joy see you at 5", "[user] see you at 5"),
        ("(@x) @_Ab1's @a@b.social.", "( [user] ) [user] 's [user] ."),
        ("@5pm @_@ @@x x@y /@x @\u00e9", "@5pm @_@ @@x x@y /@x @\u00e9"),
        ("#happy ##x (#so_2", "happy x (so_2"),
        ("#1 C# a#b &#x # x", "#1 C# a#b &#x # x"),
        ("#happy#sad", "happy#sad"),
    ],
)
def test_examples(text: str, replaced: str) -> None:
    assert " ".join(replace_handles(text).split()) == replaced


@pytest.mark.parametrize("piece", ["a", "a.", "a@", "@a", "www.", "#", "a-", ".com", "@a@", "http"])
def test_long_texts(piece: str) -> None:
    text = piece * 50_000 + "!.com @"
    assert replace_handles(text).endswith(" @")  # quadratic time would be minutes
