"""Sixty sentences from outside Reddit, each with a label that is obvious to a reader.

The model card lists those that are missed, and those of `far_sentences.tsv`, of kinds that the
classifiers are known to fail on.
"""

import csv
import json
from pathlib import Path

import pytest

from edgemood import Classifier

ROOT = Path(__file__).parents[2]
MARGIN = 0.10
"""Two standard errors of a rate of four in five over sixty sentences."""

Rows = list[dict[str, str]]


def sentences(name: str) -> Rows:
    with (Path(__file__).parent / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))


PLAIN = sentences("plain_sentences.tsv")


@pytest.fixture(scope="module", params=["apot-kd", "fp32"])
def classifier(request: pytest.FixtureRequest) -> Classifier:
    return Classifier.open(ROOT / "variants" / f"{request.param}.safetensors")


def missed(classifier: Classifier, rows: Rows) -> Rows:
    found = classifier.classify([row["text"] for row in rows])
    return [row for row, p in zip(rows, found, strict=True) if row["labels"] not in p.labels]


def test_there_are_sixty_of_every_kind(classifier: Classifier) -> None:
    assert len(PLAIN) == len({row["text"] for row in PLAIN}) == 60
    assert {row["labels"] for row in PLAIN} == set(classifier.labels)
    kinds = {"plain", "neutral fact", "negation", "emoji", "typos", "slang"}
    assert {row["kind"] for row in PLAIN} == kinds


def test_recall_is_about_that_of_the_test_split(classifier: Classifier) -> None:
    recall = 1 - len(missed(classifier, PLAIN)) / len(PLAIN)
    shipped = json.loads((ROOT / "docs" / "shipped" / "results.json").read_text(encoding="utf-8"))
    name = classifier.artifact.manifest.name
    (result,) = (r for r in shipped["results"] if r["name"] == name)
    assert recall >= result["tuned"]["micro"]["recall"] - MARGIN
