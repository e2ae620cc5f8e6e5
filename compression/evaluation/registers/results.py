"""The figures: the JSON file that `registers` writes and `docs/generator` reads."""

import json
from pathlib import Path
from typing import Annotated

from pydantic import Field

from compression.evaluation.figures import Estimate, Record
from edgemood.atomic import write_text


class Accuracy(Record):
    """Shares of sentences, with Wilson intervals."""

    first: Annotated[Estimate, Field(description="the label with the highest score is acceptable")]
    given: Annotated[Estimate, Field(description="a label that is given is acceptable")]
    labels_a_sentence: Annotated[float, Field(description="labels given, on average")]


class LabelAccuracy(Record):
    """How far one label is the one with the highest score where it should be, and only there."""

    sentences: Annotated[int, Field(description="with this label and no other")]
    recall: Annotated[Estimate | None, Field(description="over these sentences; none without any")]
    precision: Annotated[
        Estimate | None, Field(description="over sentences on which it comes first; none if none")
    ]


class RegisterResult(Record):
    """The figures of one variant."""

    name: str
    before: Annotated[bool, Field(description="whether it is an earlier file to compare with")]
    file_bytes: int
    file_sha256: str
    registers: dict[str, Accuracy]
    together: Accuracy
    labels: dict[str, LabelAccuracy]
    gain: Annotated[
        Estimate | None,
        Field(
            description="`together.first` minus that of the first earlier file; paired bootstrap"
        ),
    ]


class RegisterEvaluation(Record):
    """Variants on the sentences of all registers."""

    fingerprint: Annotated[str, Field(description="SHA-256 of the sentences and their labels")]
    sentences: dict[str, int]
    resamples: int
    results: tuple[RegisterResult, ...]

    def write(self, path: Path) -> None:
        """Write JSON with one figure a line, which suits version control; make missing folders."""
        path.parent.mkdir(parents=True, exist_ok=True)
        write_text(path, json.dumps(self.model_dump(), indent=1) + "\n")
