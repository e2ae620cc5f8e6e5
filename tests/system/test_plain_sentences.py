"""Sentences that are not from Reddit: what each should be is plain to a reader.

Sixty are of the kind that the classifiers should understand; `far_sentences.tsv` holds those that
they are known to fail on, and the model card says what becomes of each.
"""

import csv
import json
import re
from pathlib import Path

import pytest

from edgemood import Classifier

ROOT = Path(__file__).parents[2]
CARD = ROOT / "docs" / "model-card.md"
MARGIN = 0.10
"""Two standard errors of a rate of four in five over sixty sentences."""

Rows = list[dict[str, str]]


def sentences(name: str) -> Rows:
    with (Path(__file__).parent / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))


PLAIN, FAR = sentences("plain_sentences.tsv"), sentences("far_sentences.tsv")


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


def test_about_as_many_are_understood_as_in_the_test_split(classifier: Classifier) -> None:
    understood = 1 - len(missed(classifier, PLAIN)) / len(PLAIN)
    shipped = json.loads((ROOT / "docs" / "shipped" / "results.json").read_text(encoding="utf-8"))
    name = classifier.artifact.manifest.name
    (result,) = (r for r in shipped["results"] if r["name"] == name)
    assert understood >= result["tuned"]["micro"]["recall"] - MARGIN


@pytest.mark.parametrize("rows", [PLAIN, FAR], ids=["plain", "far"])
def test_the_model_card_lists_what_is_missed(classifier: Classifier, rows: Rows) -> None:
    name = classifier.artifact.manifest.name
    lines = re.findall(r"^\| (.+) \| (.+) \| (.+) \| (.+) \|$", CARD.read_text(), re.MULTILINE)
    column = {"apot-kd": 2, "fp32": 3}[name]
    listed = {line[0]: line[column] for line in lines}
    for row in missed(classifier, rows):
        assert row["text"] in listed, f"{row['text']} is missing in {CARD.name}"
    found = classifier.classify([row["text"] for row in rows])
    for row, prediction in zip(rows, found, strict=True):
        if row["text"] in listed:
            assert listed[row["text"]] == (", ".join(prediction.labels) or "–")
