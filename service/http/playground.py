"""The page at `/`: one text through all variants, side by side. Plain files, read once."""

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

_FOLDER = Path(__file__).parents[1] / "web"
_FILES = {
    "/": ("index.html", "text/html; charset=utf-8"),
    "/static/playground.css": ("playground.css", "text/css; charset=utf-8"),
    "/static/playground.js": ("playground.js", "text/javascript; charset=utf-8"),
}
PAGE_HEADERS: Mapping[str, str] = {
    # Nothing from elsewhere, nothing inline, in nobody's frame.
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
    """One file of the page."""

    body: bytes
    media_type: str


@functools.cache
def pages() -> dict[str, Page]:
    """Path of a URL -> what is there."""
    return {
        path: Page((_FOLDER / name).read_bytes(), media_type)
        for path, (name, media_type) in _FILES.items()
    }
