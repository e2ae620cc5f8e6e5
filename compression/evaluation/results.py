"""The results of an evaluation: the JSON file that `evaluate` writes and `report` reads."""

import json
from pathlib import Path
from typing import Annotated, Self

from pydantic import Field

from compression.errors import CompressionError
from compression.evaluation.calibration import AbstentionResult, CalibrationResult, Curves
from compression.evaluation.figures import Averages, Estimate, Ratios, Record, Spread
from compression.evaluation.single_label import SingleLabelResult
from compression.evaluation.sizes import Sizes
from compression.evaluation.speed import Conditions, Timing
from edgemood.atomic import write_text
from edgemood.format.manifest import Decision


class Comparison(Record):
    """A variant compared with its reference on the same examples.

    The intervals cover the choice of test examples, not the seed of training. The tuning of
    thresholds on dev contributes to `difference`, not to `difference_same_thresholds`.
    """

    reference: str
    difference: Annotated[Estimate, Field(description="macro-F1, each at its own thresholds")]
    micro_f1: Annotated[
        Estimate | None,
        Field(description="difference, each at its own thresholds; none in older files"),
    ] = None
    accuracy: Annotated[
        Estimate | None,
        Field(description="difference on the texts with one label; with `--single-label`"),
    ] = None
    difference_same_thresholds: Annotated[
        Estimate, Field(description="macro-F1, both at the reference's thresholds")
    ]
    agreement: Annotated[float, Field(description="share of equal binary decisions")]
    largest_score_change: float


class Result(Record):
    """Quality, size and speed of one variant on one split."""

    name: str
    method: str
    decision: Decision = "multi-label"
    calibrated: bool = False
    further_training: Annotated[bool, Field(description="whether the method trains the base on")]
    sizes: Sizes
    resident_bytes: int
    timing: Timing | None = None
    tuned: Averages
    half: Annotated[Averages, Field(description="every threshold at 0.5, as in the survey")]
    labels: Annotated[dict[str, Ratios], Field(description="tuned thresholds")]
    labels_half: Annotated[dict[str, Ratios], Field(description="every threshold at 0.5")]
    label_f1: dict[str, Estimate] = Field(
        default_factory=dict, description="tuned thresholds; empty in older files"
    )
    examples: Annotated[dict[str, int], Field(description="texts of the split with each label")]
    macro_f1: Estimate
    micro_f1: Estimate
    calibration: Annotated[CalibrationResult | None, Field(description="none in older files")] = (
        None
    )
    abstention: Annotated[AbstentionResult | None, Field(description="none in older files")] = None
    single_label: Annotated[
        SingleLabelResult | None, Field(description="with `--single-label`")
    ] = None
    curves: Annotated[Curves | None, Field(description="with `--curves`")] = None
    against: Annotated[Comparison | None, Field(description="none for a reference")]


class TeacherResult(Record):
    """Quality of a fine-tuned transformer on the same split, with thresholds tuned on dev.

    It may also be an ensemble of transformers, or the mean over several of them.
    """

    name: str
    together: Annotated[int, Field(description="transformers with averaged logits")] = 1
    by_seed: Annotated[
        Spread | None, Field(description="macro-F1 of the transformers that a mean is over")
    ] = None
    file_bytes: Annotated[int, Field(description="of the weights, without the tokenizer")]
    tuned: Averages
    half: Averages
    labels: dict[str, Ratios]
    macro_f1: Estimate
    micro_f1: Estimate
    kept: Annotated[
        dict[str, Estimate],
        Field(description="retention: macro-F1 of each variant over the teacher's; mean of seeds"),
    ]


class SeedGroup(Record):
    """Variants that differ in the seed alone."""

    name: str
    seeds: int
    file_bytes: Spread
    layer_bytes: Spread
    macro_f1: Spread
    micro_f1: Spread
    ece: Annotated[
        Spread | None, Field(description="calibration error, mean over labels; none in older files")
    ] = None
    half: Annotated[dict[str, Spread], Field(description="macro F1, precision, recall at 0.5")]
    difference: Annotated[
        Estimate | None,
        Field(
            description="mean macro-F1 minus that of the references; texts and seeds are resampled"
        ),
    ]
    accuracy: Annotated[
        Spread | None, Field(description="on the texts with one label; with `--single-label`")
    ] = None
    accuracy_difference: Annotated[
        Estimate | None, Field(description="as `difference`, of the accuracy")
    ] = None


class Evaluation(Record):
    """All results on one split."""

    source: Annotated[
        str | None, Field(description="of the recipe, with `--source`; else its [data]")
    ] = None
    split: str
    subset: Annotated[str | None, Field(description="the texts measured, with `--subset`")] = None
    texts: int
    reference: str
    resamples: int
    conditions: Conditions | None = None
    results: tuple[Result, ...]
    by_seed: tuple[SeedGroup, ...] = ()
    teachers: tuple[TeacherResult, ...] = ()

    @property
    def common_reference(self) -> Result | None:
        """What all other variants are compared with; None if several references are in use."""
        found = {r.against.reference for r in self.results if r.against} or {self.reference}
        return next((r for r in self.results if found == {r.name}), None)

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read a file that `evaluate --out` wrote.

        Raises:
            CompressionError: the file is missing or not an evaluation.
        """
        try:
            return cls.model_validate_json(path.read_text(encoding="utf-8-sig"))
        except OSError as error:
            raise CompressionError(f"{path}: {error.strerror}; run `evaluate --out`") from error
        except ValueError as error:  # not text, not JSON, or other fields
            raise CompressionError(f"{path}: not written by `evaluate --out`") from error

    def write(self, path: Path) -> None:
        """Write JSON with one figure a line, which suits version control; make missing folders."""
        path.parent.mkdir(parents=True, exist_ok=True)
        write_text(path, json.dumps(self.model_dump(), indent=1) + "\n")
