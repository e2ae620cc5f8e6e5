"""What `evaluate` finds out, as types: the file that it writes and that `report` reads."""

import json
from pathlib import Path
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field

from compression.errors import CompressionError
from compression.evaluation.sizes import Sizes
from compression.evaluation.speed import Conditions, Timing


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Ratios(_Part):
    """F1, precision and recall."""

    f1: float
    precision: float
    recall: float


class Averages(_Part):
    """Over all labels, at one set of thresholds."""

    macro: Ratios
    micro: Ratios


class Estimate(_Part):
    """A figure and its 95 % bootstrap interval."""

    estimate: float
    low: float
    high: float


class Result(_Part):
    """What one variant reached on one split."""

    name: str
    method: str
    further_training: Annotated[bool, Field(description="whether the method trains the base on")]
    sizes: Sizes
    resident_bytes: int
    timing: Timing | None = None
    tuned: Averages
    half: Annotated[Averages, Field(description="every threshold at 0.5, as in the survey")]
    labels: Annotated[dict[str, Ratios], Field(description="tuned thresholds")]
    labels_half: Annotated[dict[str, Ratios], Field(description="every threshold at 0.5")]
    label_f1: Annotated[
        dict[str, Estimate], Field(description="tuned thresholds; older files have none")
    ] = {}
    examples: Annotated[dict[str, int], Field(description="of each label in the split")]
    macro_f1: Estimate
    micro_f1: Estimate
    against: Annotated[
        "Comparison | None", Field(description="paired by example; none for a reference")
    ]


class Comparison(_Part):
    """A variant beside its reference, on the same examples.

    The intervals cover the choice of test examples; not the seed of training, nor the tuning of
    thresholds on dev, which the first difference holds and the second leaves out.
    """

    reference: str
    difference: Annotated[Estimate, Field(description="macro-F1, each at its own thresholds")]
    difference_same_thresholds: Annotated[
        Estimate, Field(description="macro-F1, both at the reference's thresholds")
    ]
    agreement: Annotated[float, Field(description="share of yes-or-no labels that are the same")]
    largest_score_change: float


class Spread(_Part):
    """Mean and standard deviation over seeds."""

    mean: float
    sd: float


class TeacherResult(_Part):
    """What a fine-tuned transformer reached on the same split, thresholds tuned on dev.

    Or several that were asked together, or the mean of what several reached alone.
    """

    name: str
    together: Annotated[int, Field(description="transformers whose logits were averaged")] = 1
    by_seed: Annotated[
        Spread | None, Field(description="macro-F1 of several that were asked alone")
    ] = None
    file_bytes: Annotated[int, Field(description="of its weights; the tokenizer comes on top")]
    tuned: Averages
    half: Averages
    labels: dict[str, Ratios]
    macro_f1: Estimate
    micro_f1: Estimate
    kept: Annotated[
        dict[str, Estimate],
        Field(description="variant, or several of one name without seeds -> share of its macro-F1"),
    ]


class SeedGroup(_Part):
    """Variants that differ in nothing but the seed."""

    name: str
    seeds: int
    file_bytes: Spread
    layer_bytes: Spread
    macro_f1: Spread
    micro_f1: Spread
    half: Annotated[dict[str, Spread], Field(description="macro F1, precision, recall at 0.5")]
    difference: Annotated[
        Estimate | None,
        Field(
            description="mean macro-F1 minus that of the references; texts and seeds are resampled"
        ),
    ]


class Evaluation(_Part):
    """Every variant on one split; the file that `evaluate --out` writes and `report` reads."""

    split: str
    texts: int
    reference: str
    resamples: int
    conditions: Conditions | None = None
    results: tuple[Result, ...]
    by_seed: tuple[SeedGroup, ...] = ()
    teachers: tuple[TeacherResult, ...] = ()

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read what `evaluate --out` wrote.

        Raises:
            CompressionError: the file is missing or something else.
        """
        try:
            return cls.model_validate_json(path.read_text(encoding="utf-8"))
        except OSError as error:
            raise CompressionError(f"{path}: {error.strerror}; run `evaluate --out`") from error
        except ValueError as error:  # not text, not JSON, not ours
            raise CompressionError(f"{path}: not written by `evaluate --out`") from error

    def write(self, path: Path) -> None:
        """Write as JSON that is easy to compare; the folder is made where it is missing."""
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(self.model_dump(), indent=1) + "\n", encoding="utf-8")
