"""Makes the responses of two runs of the service comparable, byte for byte."""

import re
from typing import NamedTuple

FLOAT_VARIANTS = frozenset({"cqat-lut", "fp32"})
"""Their products are float32 sums: the BLAS library's order of addition shows in the last digit."""

_SCORES = re.compile(r'"scores":\{[^}]*\}')
_SCORE = re.compile(r'(?<=":)[\d.eE+-]+')
_VARIANT = re.compile(r'"variant":"([^"]*)"')
_GENERATED_ID = re.compile(r"x-request-id: ([0-9a-f]{32})")


class Response(NamedTuple):
    """A response as it is recorded.

    Bytes are UTF-8 text, as `surrogateescape` decodes them.
    """

    status: int
    headers: list[str]
    """`name: value`, in the order of arrival."""
    body: list[str]
    """Lines with their ends."""


def normalise(response: Response) -> Response:
    """The response with placeholders for what no second run can repeat.

    These are generated request ids, receipts (their length stays), durations, the date, the version
    in the API document, and the memory of Python objects, which differs between Python versions. A
    content length that is right is replaced, too, since it follows from the body.
    """
    headers, text = response.headers, "".join(response.body)
    size = len(text.encode("utf-8", "surrogateescape"))
    headers = [h for h in headers if not h.startswith("date: ")]
    headers = [re.sub(f"^content-length: {size}$", "content-length: <size>", h) for h in headers]
    headers = [re.sub(r"dur=\d+\.\d{3}(?!\d)", "dur=<ms>", h) for h in headers]
    for generated in [match[1] for h in headers if (match := _GENERATED_ID.fullmatch(h))]:
        headers = [h.replace(generated, "<generated>") for h in headers]
        text = text.replace(f'"request_id":"{generated}"', '"request_id":"<generated>"')
    text = re.sub(r'"receipt":"([\w-]+)"', lambda m: f'"receipt":"<{len(m[1])} characters>"', text)
    text = re.sub(r'"microseconds":\d+\.\d(?!\d)', '"microseconds":"<µs>"', text)
    text = re.sub(r'("resident_bytes":(?:\{"vocabulary":)?)\d+', r'\1"<bytes>"', text)
    text = re.sub(r'("title": "edgemood",\s+"version": )"[^"]*"', r'\1"<version>"', text)
    return Response(response.status, headers, text.splitlines(keepends=True))


def without_float_scores(body: str) -> tuple[str, list[float]]:
    """The body with `<score>` for each score of `FLOAT_VARIANTS`, and these scores in order."""
    variants, blocks = _VARIANT.findall(body), _SCORES.findall(body)
    # In /classify one variant answers every text; in /compare each result names its variant.
    owners = iter(variants if len(variants) == len(blocks) else variants * len(blocks))
    scores: list[float] = []

    def masked(block: re.Match[str]) -> str:
        if next(owners) not in FLOAT_VARIANTS:
            return block[0]
        scores.extend(float(score) for score in _SCORE.findall(block[0]))
        return _SCORE.sub("<score>", block[0])

    return _SCORES.sub(masked, body), scores
