"""The manifest of a variant: JSON in its file, validated when it is read."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    JsonValue,
    SerializerFunctionWrapHandler,
    StringConstraints,
    model_serializer,
    model_validator,
)

from edgemood.errors import LayoutError
from edgemood.format.bounded_json import check_strings

FORMAT_VERSION = 5
"""Incremented if an older version could misread a file; files with a higher number are refused.

A file gets the lowest version that its manifest needs, so that older versions read it if they can.
"""
_FIRST_VERSION = 3
"""The version of a file that uses nothing newer."""
_NEWER: Mapping[str, tuple[Any, int]] = {
    "calibration": (None, 4),
    "decision": ("multi-label", 4),
    "abstention": (None, 4),
    "adaptation": (None, 5),
}
"""Field -> its default, and the version that any other value needs."""

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
SMALLEST_SLOPE, LARGEST_SLOPE, LARGEST_BIAS = 1e-3, 1e3, 1e3
"""Limits of a calibration. With them no finite logit becomes a logit that is not."""
LARGEST_WEIGHTS = 1e3
"""Limit of the sum of the magnitudes of a label's weights in an adaptation, for the same reason."""
MAX_ADAPTATION = 2**14
"""Weights of an adaptation."""

_FEW = Field(max_length=MAX_SIZES)

WeightName = Annotated[str, Field(min_length=1, max_length=128)]
Dimension = Annotated[int, Field(ge=1, le=MAX_SIZE)]
Size = Annotated[int, Field(ge=0, le=MAX_SIZE)]
Threshold = Annotated[float, Field(ge=0, le=1)]
Scalar = int | float | str
Share = Annotated[float, Field(strict=True, ge=0, le=1)]
_Slope = Annotated[float, Field(strict=True, ge=SMALLEST_SLOPE, le=LARGEST_SLOPE)]
_Bias = Annotated[float, Field(strict=True, ge=-LARGEST_BIAS, le=LARGEST_BIAS)]
_Weight = Annotated[float, Field(strict=True, ge=-LARGEST_WEIGHTS, le=LARGEST_WEIGHTS)]
_Gain = Annotated[float, Field(strict=True, ge=-1, le=1)]
_Column = Annotated[int, Field(strict=True, ge=0, lt=MAX_LABELS)]
_ONE_FOR_EACH_LABEL = Field(min_length=1, max_length=MAX_LABELS)
Decision = Literal["multi-label", "single-label"]


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


class Calibration(_Part):
    """An affine map of each label's logit: `slope * logit + bias` takes the logit's place.

    It is fitted on the dev split, so that a score is the probability of its label there. With one
    slope for all labels it is temperature scaling (Guo et al. 2017, section 4.2) with the
    temperature `1 / slope`, and with one for each label it is Platt scaling.
    """

    slopes: Annotated[tuple[_Slope, ...], _ONE_FOR_EACH_LABEL]
    """In the order of the logits, above 0: more of a logit is never less of its score."""
    biases: Annotated[tuple[_Bias, ...], _ONE_FOR_EACH_LABEL]
    """In the order of the logits."""


class Parent(_Part):
    """The variant that an adaptation was made of."""

    name: Name
    sha256: Annotated[str, StringConstraints(pattern="^[0-9a-f]{64}$")]
    """Of its file."""


class Adaptation(_Part):
    """An affine map of the calibrated logits of a network to logits of labels.

    The network's weights are those of the parent, and so is its calibration. Adaptation fits the
    map to a few hundred texts, perhaps with labels other than those of the network.
    """

    joined: Annotated[tuple[tuple[_Column, ...], ...], Field(max_length=MAX_LABELS)] = ()
    """Groups of logits; the log-sum-exp of each is a further input of the map."""
    weights: Annotated[tuple[tuple[_Weight, ...], ...], _ONE_FOR_EACH_LABEL]
    """A row for each label, with a weight for each logit and then for each joined group."""
    biases: Annotated[tuple[_Bias, ...], _ONE_FOR_EACH_LABEL]
    """In the order of the labels."""
    parent: Parent
    texts: Annotated[int, Field(strict=True, ge=1, le=MAX_SIZE)]
    """Number of texts that it was fitted to."""
    gain: _Gain
    """In macro-F1 over the parent on these texts, by cross-validation."""
    gain_low: _Gain
    gain_high: _Gain
    """Bounds of the 95 % bootstrap interval of the gain."""

    @property
    def outputs(self) -> int:
        """Number of logits of the network."""
        return len(self.weights[0]) - len(self.joined)

    @model_validator(mode="after")
    def _shapes_agree(self) -> Self:
        inputs = len(self.weights[0])
        if any(len(row) != inputs for row in self.weights):
            raise ValueError("weights: rows of different lengths")
        if self.outputs < 1 or self.outputs > MAX_LABELS:
            raise ValueError(f"weights: {inputs} of a label, {len(self.joined)} of joined groups")
        if inputs * len(self.weights) > MAX_ADAPTATION:
            raise ValueError(f"weights: more than {MAX_ADAPTATION:,}")
        if any(sum(map(abs, row)) > LARGEST_WEIGHTS for row in self.weights):
            raise ValueError(f"weights: magnitudes of a label add up to over {LARGEST_WEIGHTS:g}")
        return self

    @model_validator(mode="after")
    def _groups_are_of_logits(self) -> Self:
        for group in self.joined:
            if len(group) < 2 or len(set(group)) != len(group) or max(group) >= self.outputs:
                raise ValueError("joined: a group is two or more different logits of the network")
        return self


class Abstention(_Part):
    """When a variant gives no answer: the text is unsure and gets no label.

    In a multi-label variant, a text that is not unsure may still get no label: none of its scores
    reaches the threshold of its label, and the highest reaches `threshold`.
    """

    threshold: Share
    """A text is unsure if its highest score is below this."""
    coverage: Share
    """Share of the dev texts that are answered, not unsure."""
    accuracy: Share | None = None
    """Share of the answered dev texts whose labels are exactly the true ones."""
    precision: Share | None = None
    """Share of the labels given to answered dev texts that are true."""


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
    """In the order of `labels`. A text gets a label if its score is at least the threshold.

    In a single-label variant all are 0 and none is used.
    """
    calibration: Calibration | None = None
    adaptation: Adaptation | None = None
    decision: Decision = "multi-label"
    """How logits become scores and labels.

    `multi-label`: each score is the logistic function of its logit, and any number of labels may
    reach their thresholds. `single-label`: the scores are the softmax of the logits, and the label
    is the first of those with the highest score.
    """
    abstention: Abstention | None = None
    method: Name
    settings: dict[str, JsonValue] = {}
    provenance: Provenance | None = None
    metrics: dict[Name, dict[Name, float]] = {}
    """Split -> metric -> value, measured on this variant."""

    @property
    def outputs(self) -> int:
        """Number of logits of the network: one for each label, unless an adaptation maps them."""
        return self.adaptation.outputs if self.adaptation else len(self.labels)

    @model_validator(mode="after")
    def _labels_and_thresholds_agree(self) -> Self:
        if len(set(self.labels)) != len(self.labels):
            raise ValueError("a label comes twice")
        if len(self.thresholds) != len(self.labels):
            raise ValueError(f"{len(self.labels)} labels but {len(self.thresholds)} thresholds")
        return self

    @model_validator(mode="after")
    def _calibration_and_decision_agree(self) -> Self:
        for name in ("slopes", "biases") if self.calibration else ():
            count = len(getattr(self.calibration, name))
            if count != self.outputs:
                kind = "logits" if self.adaptation else "labels"
                raise ValueError(f"calibration.{name}: {self.outputs} {kind} but {count}")
        if self.decision == "single-label" and any(self.thresholds):
            raise ValueError("thresholds: those of a single-label variant must be 0")
        return self

    @model_validator(mode="after")
    def _adaptation_and_labels_agree(self) -> Self:
        for name in ("weights", "biases") if self.adaptation else ():
            count = len(getattr(self.adaptation, name))
            if count != len(self.labels):
                raise ValueError(f"adaptation.{name}: {len(self.labels)} labels but {count}")
        return self

    @model_validator(mode="after")
    def _the_version_is_high_enough(self) -> Self:
        for name, (default, version) in _NEWER.items():
            if getattr(self, name) != default and self.format_version < version:
                raise ValueError(f"{name}: needs the format_version {version}")
        return self

    @model_validator(mode="after")
    def _strings_can_be_written(self) -> Self:
        try:
            check_strings(self.model_dump())
        except LayoutError as error:
            raise ValueError(str(error)) from error
        return self

    @model_serializer(mode="wrap")
    def _without_newer_defaults(self, dump: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """A manifest that uses nothing new is shown as it was before there was anything new."""
        fields: dict[str, Any] = dump(self)
        unused = [name for name, (default, _) in _NEWER.items() if getattr(self, name) == default]
        return {name: value for name, value in fields.items() if name not in unused}


def needed_version(fields: Mapping[str, Any]) -> int:
    """Return the lowest `format_version` of a manifest with these fields.

    Args:
        fields: of a manifest, validated or not.
    """
    versions = (v for name, (default, v) in _NEWER.items() if fields.get(name, default) != default)
    return max(versions, default=_FIRST_VERSION)
