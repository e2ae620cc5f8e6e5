"""No file, however it was made, does more than be refused with an `ArtifactError`."""

import json
import tracemalloc
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from edgemood import ArtifactError, Classifier, VariantFile
from edgemood.classifier import MAX_MEMORY_BYTES
from tests.contract.bombs import BOMBS
from tests.contract.hostile_artifacts import MUTATIONS, corpus
from tests.contract.hostile_sources import WORDS, sources

SEED = 14
FILES_OF_A_PAIR = 25
"""Files for each pair of source and mutation."""
TEXTS = ["I am haappy, I don't know why 😂!!", "", "sadly", " ".join(WORDS * 40), *WORDS]
LONG = 1000
"""Tokens of a text whose memory is measured."""
SMALL_PEAK = 16 * 2**20
"""Bytes that opening and using a hostile file of a few kilobytes may take."""


@pytest.fixture
def memory() -> Iterator[Callable[[], int]]:
    """A function that returns the most bytes taken since its last call."""
    tracemalloc.start()
    start = 0

    def peak() -> int:
        nonlocal start
        most = tracemalloc.get_traced_memory()[1] - start
        start = tracemalloc.get_traced_memory()[0]
        tracemalloc.reset_peak()
        return most

    yield peak
    tracemalloc.stop()


def opened(content: bytes) -> Classifier | ArtifactError:
    try:
        return Classifier.from_file(VariantFile(Path("hostile"), content))
    except ArtifactError as error:
        return error


def use(content: bytes) -> str:
    """Open a file and do with it what a service does; return what became of it."""
    classifier = opened(content)
    if isinstance(classifier, ArtifactError):
        str(classifier).encode()
        assert classifier.part
        assert classifier.problem
        assert classifier.fix
        return type(classifier).__name__
    scores = classifier.scores(TEXTS)
    assert ((scores >= 0) & (scores <= 1)).all()
    assert len(classifier.predictions(scores)) == len(TEXTS)
    json.dumps(classifier.artifact.manifest.model_dump(mode="json"), allow_nan=False).encode()
    return "opened"


def test_the_sources_are_valid() -> None:
    assert {use(source.content) for source in sources()} == {"opened"}
    assert {use(source.spread.content) for source in sources()} == {"opened"}


@pytest.mark.filterwarnings("error")
def test_hostile_files(record_property: Callable[[str, object], None]) -> None:
    outcomes: Counter[str] = Counter()
    for name, content in corpus(SEED, FILES_OF_A_PAIR):
        try:
            outcomes[use(content)] += 1
        except BaseException as error:
            error.add_note(name)
            raise
    assert outcomes.total() == len(sources()) * len(MUTATIONS) * FILES_OF_A_PAIR > 8000
    assert outcomes.keys() >= {"opened", "DamagedFileError", "IncompatibleFileError"}
    counts = ", ".join(f"{count:,} {name}" for name, count in outcomes.most_common())
    record_property("summary", f"{outcomes.total():,} hostile artifacts: {counts}")


def test_hostile_files_take_little_memory(memory: Callable[[], int]) -> None:
    """Measuring takes ten times as long as opening, hence other files, and fewer."""
    for name, content in corpus(SEED + 1, 1):
        memory()
        use(content)
        assert memory() < SMALL_PEAK, name


@pytest.mark.parametrize("make", BOMBS.values(), ids=BOMBS.keys())
def test_small_files_that_declare_much(
    memory: Callable[[], int], make: Callable[[], bytes]
) -> None:
    content = make()
    assert len(content) < 2**22
    memory()
    found = opened(content)
    peak = memory()
    if isinstance(found, ArtifactError):
        assert peak < SMALL_PEAK + 8 * len(content)
        return
    stated, words = found.memory, found.artifact.vocabulary.resident_bytes
    assert peak <= SMALL_PEAK + 8 * len(content) + 2 * words + stated.resident + stated.block
    assert stated.resident + stated.text + 10_000 * stated.token <= MAX_MEMORY_BYTES
    found.scores([chr(0x4E00) * LONG])
    assert memory() <= SMALL_PEAK + stated.block + stated.text + LONG * stated.token


def test_the_limit_is_a_parameter(tmp_path: Path) -> None:
    path = tmp_path / "wide.safetensors"
    path.write_bytes(BOMBS["table, factored, 1000 columns"]())
    assert Classifier.open(path).memory.token > 4000
    with pytest.raises(ArtifactError, match=r"memory; at most 1,000,000 .*; use a smaller"):
        Classifier.open(path, max_memory_bytes=10**6)
