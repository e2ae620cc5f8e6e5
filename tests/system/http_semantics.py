"""Requests, and what HTTP and the API promise for them: one table for two ways to send them.

`tests/service/http/test_semantics.py` calls the application in process,
`tests/system/test_http_semantics.py` a server. Both run with `ORIGIN` as an allowed origin and
`PREFIX` as the root path.
"""

from collections.abc import Mapping
from typing import NamedTuple

ORIGIN = "https://app.example.com"
PREFIX = "/emotion"
JSON = ("Content-Type", "application/json")
GET = "GET, HEAD, OPTIONS"
FINE = b'{"text":"I am happy"}'
Header = tuple[str, str]


class Case(NamedTuple):
    """A request and its response."""

    about: str
    method: str
    path: str
    headers: tuple[Header, ...] = ()
    body: bytes = b""
    status: int = 200
    error: str = ""
    """Code and message of an error, as `code: beginning of the message`."""
    expected: Mapping[str, str | None] = {}
    """Headers of the response; None if it must not have the header."""


def post(about: str, body: bytes = FINE, *headers: Header, path: str = "/classify") -> Case:
    return Case(about, "POST", path, headers or (JSON,), body)


def refused(case: Case, status: int, error: str, **expected: str) -> Case:
    return case._replace(
        status=status,
        error=error,
        expected={"content-type": "application/json", **expected},
    )


def twice(name: str, value: str) -> Case:
    case = post(f"{name} twice", FINE, JSON, (name, value), (name, value))
    return refused(case, 400, f"repeated_header: {name.lower()}: sent more than once")


REPEATED = (
    refused(
        post("Content-Type twice", FINE, JSON, JSON),
        *(400, "repeated_header: content-type: sent more than once"),
    ),
    twice("X-Variant", "nano"),
    twice("x-routing-key", "user-1"),
    twice("Authorization", "Bearer x"),
    twice("If-Match", '"1"'),
    twice("Content-Encoding", "identity"),
    twice("Origin", ORIGIN),
    post("Accept twice", FINE, JSON, ("Accept", "a/b"), ("Accept", "c/d")),
    post("X-Request-ID twice", FINE, JSON, ("X-Request-ID", "a"), ("X-Request-ID", "b")),
)

METHODS = (
    *(
        Case(f"HEAD {path}", "HEAD", path)
        for path in ("/", "/variants", "/routing", "/livez", "/readyz", "/healthz", "/metrics")
    ),
    Case("HEAD of a call", "HEAD", "/classify", status=405, expected={"allow": "POST, OPTIONS"}),
    Case("HEAD of no route", "HEAD", "/nope", status=404),
    Case(
        "OPTIONS of a call",
        "OPTIONS",
        "/classify",
        status=204,
        expected={"allow": "POST, OPTIONS", "content-length": None, "content-type": None},
    ),
    Case(
        "OPTIONS of two calls",
        "OPTIONS",
        "/routing",
        status=204,
        expected={"allow": "GET, PUT, HEAD, OPTIONS"},
    ),
    Case("OPTIONS of a probe", "OPTIONS", "/livez", status=204, expected={"allow": GET}),
    Case("OPTIONS of the metrics", "OPTIONS", "/metrics", status=204, expected={"allow": GET}),
    Case(
        "OPTIONS of the server",
        "OPTIONS",
        "*",
        status=204,
        expected={"allow": "POST, OPTIONS, GET, HEAD, PUT"},
    ),
    refused(Case("OPTIONS of no route", "OPTIONS", "/nope"), 404, "not_found: no such route"),
    *(
        refused(
            Case(f"{method} of a page", method, "/"),
            *(405, "method_not_allowed: this route takes GET, HEAD, OPTIONS"),
            allow=GET,
        )
        for method in ("POST", "PUT", "DELETE", "PATCH", "TRACE", "PROPFIND")
    ),
)

BODIES = (
    post("a byte-order mark", b"\xef\xbb\xbf" + FINE),
    post("charset UTF-8", FINE, ("Content-Type", 'application/json; charset="UTF-8"')),
    refused(
        post("charset UTF-16", FINE, ("Content-Type", "application/json; charset=utf-16")),
        *(415, "unsupported_media_type: content-type: the charset is not UTF-8"),
    ),
    *(
        refused(
            post(codec, '{"text":"x"}'.encode(codec)),
            *(400, f"unreadable_json: the body is in {codec.upper()}"),
        )
        for codec in ("utf-16", "utf-32")
    ),
    refused(
        post("Latin-1", '{"text":"café"}'.encode("latin-1")),
        *(400, "unreadable_json: the body is not UTF-8: its byte 13"),
    ),
    post("a lone surrogate", rb'{"text":"so sad \ud83d"}'),
    post("a lone surrogate in a batch", rb'{"texts":["fine","so sad \ud83d"]}'),
    refused(post("one bad text", b'{"texts":["fine",""]}'), 422, "invalid_field: texts.1: "),
    refused(
        post("deep nesting", b"[" * 9999), 400, "unreadable_json: the body is not JSON: recursion"
    ),
    refused(
        post("a name twice", b'{"text":"a","text":"b"}'), 422, "invalid_field: text: given twice"
    ),
    refused(
        post("NaN", b'{"text":NaN}'), 422, "invalid_field: text: Input should be a valid string"
    ),
    refused(post("Infinity", b'{"text":-Infinity}'), 422, "invalid_field: text: Input should be"),
    refused(
        post("a long number", b'{"text":' + b"9" * 9999 + b"}"),
        *(400, "unreadable_json: the body is not JSON: number out of range"),
    ),
    refused(post("no body", b""), 400, "unreadable_json: the body is not JSON: EOF"),
    refused(
        post("compressed", b"\x1f\x8b", JSON, ("Content-Encoding", "gzip")),
        *(415, "unsupported_media_type: send JSON that is not compressed"),
    ),
)

FEEDBACK = (
    refused(
        post("a forged receipt", b'{"receipt":"AQ","labels":["joy"]}', path="/feedback"),
        *(422, "invalid_field: receipt: not a receipt of this service"),
    ),
)

_CORS = {"access-control-allow-origin": ORIGIN, "vary": "Origin"}
_FOREIGN = {"access-control-allow-origin": None, "vary": "Origin"}
CORS = (
    Case(
        "an allowed origin",
        "GET",
        "/routing",
        (("Origin", ORIGIN),),
        expected={
            **_CORS,
            "access-control-expose-headers": "ETag, Retry-After, Server-Timing,"
            " X-Request-ID, X-Variant",
            "access-control-allow-credentials": None,
        },
    ),
    Case(
        "another origin",
        "GET",
        "/routing",
        (("Origin", "https://evil.example"),),
        expected=_FOREIGN,
    ),
    Case("no origin", "GET", "/routing", expected=_FOREIGN),
    Case(
        "an error for an allowed origin",
        "GET",
        "/nope",
        (("Origin", ORIGIN),),
        status=404,
        expected=_CORS,
    ),
    Case("metrics for an allowed origin", "GET", "/metrics", (("Origin", ORIGIN),), expected=_CORS),
    Case(
        "a preflight",
        "OPTIONS",
        "/classify",
        (
            ("Origin", ORIGIN),
            ("Access-Control-Request-Method", "POST"),
            ("Access-Control-Request-Headers", "content-type"),
        ),
        status=204,
        expected={
            **_CORS,
            "access-control-allow-methods": "POST, OPTIONS",
            "access-control-allow-headers": "Authorization, Content-Type, If-Match, X-Request-ID,"
            " X-Routing-Key, X-Variant",
            "access-control-max-age": "600",
            "access-control-allow-credentials": None,
        },
    ),
    Case(
        "a preflight of another origin",
        "OPTIONS",
        "/classify",
        (("Origin", "null"), ("Access-Control-Request-Method", "POST")),
        status=204,
        expected={**_FOREIGN, "access-control-allow-methods": None},
    ),
    refused(
        Case(
            "an admin call of an allowed origin without token",
            "PUT",
            "/routing",
            (("Origin", ORIGIN),),
        ),
        *(401, "unauthorized: "),
    ),
)

PREFIXED = (
    Case("the page below the prefix", "GET", f"{PREFIX}/"),
    Case("an asset below the prefix", "GET", f"{PREFIX}/static/playground.js"),
    post("a call below the prefix", path=f"{PREFIX}/classify"),
    Case("metrics below the prefix", "GET", f"{PREFIX}/metrics"),
    Case("HEAD below the prefix", "HEAD", f"{PREFIX}/livez"),
    Case("the prefix alone", "GET", PREFIX, status=308, expected={"location": f"{PREFIX}/"}),
    refused(Case("a longer name", "GET", f"{PREFIX}s/livez"), 404, "not_found: "),
    refused(Case("the prefix twice", "GET", f"{PREFIX}{PREFIX}/livez"), 404, "not_found: "),
)

CASES = {case.about: case for case in (*REPEATED, *METHODS, *BODIES, *FEEDBACK, *CORS, *PREFIXED)}


class Answer(NamedTuple):
    """A response; names of headers in lower case."""

    status: int
    headers: list[Header]
    body: bytes


def check(case: Case, answer: Answer) -> None:
    """Compare a response with what the table promises."""
    headers = dict(answer.headers)
    assert answer.status == case.status, answer
    assert len(headers["x-request-id"]) == 32
    for name, value in case.expected.items():
        assert headers.get(name) == value, name
    repeated = [name for name, _ in answer.headers if name != "vary"]
    assert len(repeated) == len(set(repeated))
    if case.error:
        code, _, message = case.error.partition(": ")
        assert answer.body.startswith(f'{{"error":{{"code":"{code}","message":"{message}'.encode())
    if case.method == "HEAD" or case.status == 204:
        assert answer.body == b""
