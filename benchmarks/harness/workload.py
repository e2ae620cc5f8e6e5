"""The request that the benchmarks send: `POST /classify` with one text."""

import json
import urllib.request

VARIANT = "apot-kd"
"""The variant that the service's default policy sends it to."""
TEXT = "I really did not see that coming, what a lovely surprise from all of you!"
BODY = json.dumps({"text": TEXT})


def classify(url: str) -> bytes:
    """The response of the server at a URL.

    Raises:
        OSError: the server does not respond, or responds with an error.
    """
    request = urllib.request.Request(
        f"{url}/classify", BODY.encode(), {"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=5) as response:
        body: bytes = response.read()
        return body


def can_classify(url: str) -> bool:
    """Whether the server at a URL answers the request."""
    try:
        classify(url)
    except OSError:
        return False
    return True
