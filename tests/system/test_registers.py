"""The lists of sentences by register: what is in them, and that they stay as they are.

The model card states the accuracy of classifiers in each register. They were written before the
classifiers were trained, and nothing is chosen by them.
"""

import csv
import hashlib
from collections import Counter
from itertools import chain
from pathlib import Path

import pytest

LABELS = {"anger", "disgust", "fear", "joy", "neutral", "sadness", "surprise"}
FOLDER = Path(__file__).parent / "registers"
FILES = {path.stem: path for path in sorted(FOLDER.glob("*.tsv"))}
FROZEN = "0e26921ed61833184aa30aff2b1bf50b5f09d054f74f16dd17eaf29e32f91b19"


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))


@pytest.mark.parametrize("name", FILES)
def test_a_register_has_enough_sentences_of_all_labels(name: str) -> None:
    found = rows(FILES[name])
    assert 25 <= len(found) <= 40
    given = [row["labels"].split(",") for row in found]
    assert all(1 <= len(set(labels)) == len(labels) <= 2 for labels in given)
    counts = Counter(chain.from_iterable(given))
    assert counts.keys() == (LABELS if name != "mixed" else LABELS - {"neutral"})
    assert min(counts.values()) >= 2
    assert max(counts.values()) <= len(found) * 0.4


def test_no_sentence_is_there_twice() -> None:
    others = [FOLDER.parent / f"{name}_sentences.tsv" for name in ("plain", "far")]
    texts = [row["text"].casefold() for path in (*FILES.values(), *others) for row in rows(path)]
    assert len(texts) == len(set(texts))
    assert all(text == text.strip() for text in texts)


def test_the_lists_are_frozen() -> None:
    """Figures before and after a change can be compared only if the sentences are the same."""
    content = b"".join(name.encode() + FILES[name].read_bytes() for name in sorted(FILES))
    assert hashlib.sha256(content).hexdigest() == FROZEN
