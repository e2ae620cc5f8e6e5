"""A reader of variant files, written from `docs/file-format.md` with the standard library alone.

It shares no code with edgemood, so it shows that the page is complete. It computes in double
precision and takes no care to be fast.
"""

import json
import zlib
from pathlib import Path

from .container import container, digest_of, small
from .networks import bag, gru, sigmoid
from .text import Vocabulary, tokens
from .weights import weight

__all__ = ["Variant", "tokens"]


class Variant:
    """One file, ready to run."""

    def __init__(self, path: Path) -> None:
        arrays, digest = container(path.read_bytes())
        if digest_of(arrays) != digest:
            raise ValueError("damaged")
        self.manifest = json.loads(zlib.decompress(arrays.pop("manifest").raw))
        arrays |= small(self.manifest.pop("small"), arrays.pop("small"))
        own = {name.removeprefix("vocabulary."): a for name, a in arrays.items()}
        self.vocabulary = Vocabulary(self.manifest["vocabulary"], own)
        self.weights = {
            name: weight(name, entry, arrays) for name, entry in self.manifest["weights"].items()
        }

    def scores(self, text: str) -> dict[str, float]:
        rows = [self.vocabulary.row(token) for token in tokens(text)] or [0]
        model = {"bag": bag, "gru": gru}[self.manifest["architecture"]]
        logits = model(self.manifest["sizes"], self.weights, rows)
        return dict(zip(self.manifest["labels"], map(sigmoid, logits), strict=True))

    def labels(self, text: str) -> tuple[str, ...]:
        found = self.scores(text)
        limits = zip(found, self.manifest["thresholds"], strict=True)
        return tuple(label for label, limit in limits if found[label] >= limit)
