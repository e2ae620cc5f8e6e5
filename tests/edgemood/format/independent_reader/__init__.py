"""A reader of variant files, written from `docs/file-format.md` with the standard library alone.

It shares no code with edgemood, so it shows that the page is complete. Only the tables of version 2
of the tokenizer are edgemood's. It computes in double precision and takes no care to be fast.
"""

import json
import math
import zlib
from pathlib import Path

from .container import container, digest_of, small
from .networks import bag, gru, log_sum_exp, sigmoid, softmax
from .text import TOKENIZERS, Vocabulary
from .weights import weight

__all__ = ["TOKENIZERS", "Variant"]


class Variant:
    """One file, ready to run."""

    def __init__(self, path: Path) -> None:
        arrays, digest = container(path.read_bytes())
        if digest_of(arrays) != digest:
            raise ValueError("damaged")
        self.manifest = json.loads(zlib.decompress(arrays.pop("manifest").raw))
        arrays |= small(self.manifest.pop("small"), arrays.pop("small"))
        own = {name.removeprefix("vocabulary."): a for name, a in arrays.items()}
        version = self.manifest["tokenizer_version"]
        self.tokens = TOKENIZERS[version]
        self.vocabulary = Vocabulary(self.manifest["vocabulary"], own, version)
        self.weights = {
            name: weight(name, entry, arrays) for name, entry in self.manifest["weights"].items()
        }

    def scores(self, text: str) -> dict[str, float]:
        rows = [self.vocabulary.row(token) for token in self.tokens(text)] or [0]
        model = {"bag": bag, "gru": gru}[self.manifest["architecture"]]
        logits = self.adapted(self.calibrated(model(self.manifest["sizes"], self.weights, rows)))
        activation = softmax if self.is_single_label else lambda all_: list(map(sigmoid, all_))
        return dict(zip(self.manifest["labels"], activation(logits), strict=True))

    def labels(self, text: str) -> tuple[str, ...]:
        found = self.scores(text)
        if self.unsure(text):
            return ()
        if self.is_single_label:
            return (max(found, key=lambda label: found[label]),)
        limits = zip(found, self.manifest["thresholds"], strict=True)
        return tuple(label for label, limit in limits if found[label] >= limit)

    def unsure(self, text: str) -> bool | None:
        if "abstention" not in self.manifest:
            return None
        return max(self.scores(text).values()) < self.manifest["abstention"]["threshold"]

    @property
    def is_single_label(self) -> bool:
        return self.manifest.get("decision", "multi-label") == "single-label"

    def calibrated(self, logits: list[float]) -> list[float]:
        if "calibration" not in self.manifest:
            return logits
        slopes, biases = (self.manifest["calibration"][name] for name in ("slopes", "biases"))
        return [s * x + b for s, x, b in zip(slopes, logits, biases, strict=True)]

    def adapted(self, logits: list[float]) -> list[float]:
        if "adaptation" not in self.manifest:
            return logits
        fields = self.manifest["adaptation"]
        groups = [[logits[i] for i in group] for group in fields.get("joined", [])]
        inputs = [*logits, *map(log_sum_exp, groups)]
        return [
            math.fsum(w * x for w, x in zip(row, inputs, strict=True)) + bias
            for row, bias in zip(fields["weights"], fields["biases"], strict=True)
        ]
