"""The manifest of a variant: JSON in its file, validated when it is read."""

from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, JsonValue, StringConstraints, model_validator

from edgemood.errors import LayoutError
from edgemood.format.bounded_json import check_strings

FORMAT_VERSION = 3
"""Incremented if an older version could misread a file; files with a higher number are refused."""

VARIANT_NAME = r"^[a-z0-9][a-z0-9._-]{0,62}$"
"""A name must be valid in file names, URLs and metric labels."""

Name = Annotated[str, StringConstraints(pattern=VARIANT_NAME)]
Label = Annotated[
    str,
    # No control characters: labels are written to metrics and terminals.
    StringConstraints(
        min_length=1,
        max_length=64,
        pattern=r"^[^\s\x00-\x1f\x7f-\x9f]([^\x00-\x1f\x7f-\x9f]*[^\s\x00-\x1f\x7f-\x9f])?$",
    ),
]
MAX_LABELS = 1024
MAX_WEIGHTS = 1024
MAX_SIZES = 64
"""Names in `sizes`, and numbers in one of them."""
MAX_SIZE = 2**31 - 1

_FEW = Field(max_length=MAX_SIZES)

WeightName = Annotated[str, Field(min_length=1, max_length=128)]
Dimension = Annotated[int, Field(ge=1, le=MAX_SIZE)]
Size = Annotated[int, Field(ge=0, le=MAX_SIZE)]
Threshold = Annotated[float, Field(ge=0, le=1)]
Scalar = int | float | str


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class WeightEntry(_Part):
    """How one weight is stored. Its arrays are named `<weight name>.<array name>` in the file.

    A weight made up of others has `parts`, whose weight names are `<weight name>.<part name>`.
    """

    encoding: str
    shape: tuple[Dimension, Dimension]
    """`(out, in)` of a layer, `(rows, dim)` of a token table."""
    settings: dict[str, Scalar] = {}
    parts: dict[WeightName, "WeightEntry"] = {}


class Provenance(_Part):
    """The inputs of a build. The same provenance gives the same bytes."""

    recipe: str
    data_sha256: str
    seed: int
    parent: str
    """The key of the base checkpoint: a digest of its data, settings and seed."""
    edgemood_version: str
    measured_on: dict[str, str] = {}
    """Split -> digest of the examples on which `Manifest.metrics` were measured."""


class Manifest(_Part):
    """Everything about a variant that is not an array."""

    format_version: int
    name: Name
    architecture: Name
    sizes: Annotated[dict[str, Size | Annotated[tuple[Size, ...], _FEW]], _FEW]
    tokenizer_version: int
    vocabulary: str
    weights: Annotated[dict[WeightName, WeightEntry], Field(max_length=MAX_WEIGHTS)]
    labels: Annotated[tuple[Label, ...], Field(min_length=1, max_length=MAX_LABELS)]
    thresholds: tuple[Threshold, ...]
    """In the order of `labels`. A text gets a label if its score is at least the threshold."""
    method: Name
    settings: dict[str, JsonValue] = {}
    provenance: Provenance | None = None
    metrics: dict[Name, dict[Name, float]] = {}
    """Split -> metric -> value, measured on this variant."""

    @model_validator(mode="after")
    def _labels_and_thresholds_agree(self) -> Self:
        if len(set(self.labels)) != len(self.labels):
            raise ValueError("a label comes twice")
        if len(self.thresholds) != len(self.labels):
            raise ValueError(f"{len(self.labels)} labels but {len(self.thresholds)} thresholds")
        return self

    @model_validator(mode="after")
    def _strings_can_be_written(self) -> Self:
        try:
            check_strings(self.model_dump())
        except LayoutError as error:
            raise ValueError(str(error)) from error
        return self
