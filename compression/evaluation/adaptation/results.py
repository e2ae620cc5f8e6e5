"""The figures: the JSON file that `adaptations` writes and `docs/generator` reads."""

import json
from pathlib import Path
from typing import Annotated

from pydantic import Field

from compression.evaluation.figures import Estimate, Record, Spread
from edgemood.atomic import write_text


class DrawsResult(Record):
    """Adaptations of one variant to equally many texts of dev, measured on test."""

    texts: int
    draws: int
    macro_f1: Annotated[
        Estimate, Field(description="mean over draws; bootstrap over the texts of test")
    ]
    gain: Annotated[Estimate, Field(description="over the variant as it was; paired bootstrap")]
    gain_of_draws: Annotated[Spread, Field(description="of the gains of single draws")]
    ece: Annotated[float, Field(description="calibration error, mean over labels and draws")]
    stated_gain: Annotated[
        Spread, Field(description="gain by cross-validation on the texts of a draw")
    ]
    clear: Annotated[
        float, Field(description="share of draws whose stated interval lies above zero")
    ]
    covered: Annotated[
        float, Field(description="share of draws whose stated interval has the gain on test in it")
    ]


class AdaptedVariant(Record):
    """One variant, as it was and adapted."""

    name: str
    file_sha256: str
    macro_f1: Estimate
    ece: float
    adapted: tuple[DrawsResult, ...]


class AdaptationEvaluation(Record):
    """Variants adapted to draws of one dev split."""

    source: str | None
    measured_on: Annotated[str, Field(description="digest of the test split")]
    test_texts: int
    resamples: int
    results: tuple[AdaptedVariant, ...]

    def write(self, path: Path) -> None:
        """Write JSON with one figure a line, which suits version control; make missing folders."""
        path.parent.mkdir(parents=True, exist_ok=True)
        write_text(path, json.dumps(self.model_dump(), indent=1) + "\n")
