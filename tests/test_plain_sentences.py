"""Sixty sentences that are not from Reddit: what each should be is plain to a reader."""

import csv
from pathlib import Path

import pytest

from edgemood import Classifier

ROOT = Path(__file__).parents[1]
LEAST_AGREEMENT = 0.75


def sentences() -> list[dict[str, str]]:
    with (ROOT / "tests" / "plain_sentences.tsv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))


@pytest.fixture(scope="module")
def classifier() -> Classifier:
    return Classifier.open(ROOT / "variants" / "fp32.safetensors")


def test_there_are_sixty_of_every_kind(classifier: Classifier) -> None:
    rows = sentences()
    assert len(rows) == len({row["text"] for row in rows}) == 60
    assert {row["labels"] for row in rows} == set(classifier.labels)
    kinds = {"plain", "neutral fact", "negation", "emoji", "typos", "slang"}
    assert {row["kind"] for row in rows} == kinds


def test_most_are_understood(classifier: Classifier) -> None:
    rows = sentences()
    found = classifier.classify([row["text"] for row in rows])
    right = [row["labels"] in p.labels for row, p in zip(rows, found, strict=True)]
    assert sum(right) / len(rows) >= LEAST_AGREEMENT
