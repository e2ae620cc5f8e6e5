"""The files of the page at `/`, which runs one text through all variants."""

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

_FOLDER = Path(__file__).parents[2] / "web"
_FILES = {
    "/": ("index.html", "text/html; charset=utf-8"),
    "/static/playground.css": ("playground.css", "text/css; charset=utf-8"),
    "/static/playground.js": ("playground.js", "text/javascript; charset=utf-8"),
}
INDEX = "/"
ASSETS = tuple(path for path in _FILES if path != INDEX)
"""Paths of what the page loads."""
PAGE_HEADERS: Mapping[str, str] = {
    # Nothing from other origins, nothing inline, no framing.
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self';"
        " base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cache-Control": "no-cache",
}


@dataclass(frozen=True)
class Page:
    """One file."""

    body: bytes
    media_type: str


@functools.cache
def pages() -> dict[str, Page]:
    """URL path -> file."""
    return {
        path: Page((_FOLDER / name).read_bytes(), media_type)
        for path, (name, media_type) in _FILES.items()
    }
