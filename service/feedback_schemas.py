"""What `GET /feedback/summary` and `POST /variants/{name}/adapt` take and give, as JSON."""

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from service.schemas import VariantName


class Interval(BaseModel):
    """A figure with its 95 % interval."""

    value: float
    low: float
    high: float


class LabelFeedback(BaseModel):
    """One label in the judged texts of a variant file."""

    true: Annotated[int, Field(description="texts that have the label")]
    predicted: Annotated[int, Field(description="texts that were given the label")]
    both: Annotated[int, Field(description="texts that have it and were given it")]
    f1: Annotated[
        Interval | None, Field(description="null if no answered text has it or was given it")
    ]


class VariantFeedback(BaseModel):
    """The judged texts of one variant file."""

    variant: str
    sha256: str
    loaded: Annotated[bool, Field(description="whether this file answers under this name now")]
    pairs: Annotated[int, Field(description="judged texts, each a pair of logits and true labels")]
    unsure: Annotated[int, Field(description="those of them that were not answered; not in F1")]
    since: Annotated[datetime, Field(description="when the first of them was classified")]
    until: Annotated[datetime, Field(description="when the last of them was classified")]
    missing: Annotated[
        dict[str, int],
        Field(description="how many more there must be until there are 100, 300 and 1000"),
    ]
    macro_f1: Annotated[Interval | None, Field(description="mean F1 over the labels that have one")]
    labels: dict[str, LabelFeedback]


class FeedbackSummary(BaseModel):
    """The answer to `GET /feedback/summary`."""

    max_pairs: Annotated[int, Field(description="bound for each variant file; 0: none are kept")]
    variants: Annotated[list[VariantFeedback], Field(description="one for each variant file")]


class AdaptRequest(BaseModel):
    """What the candidate of `POST /variants/{name}/adapt` is called."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": {"name": "apot-mine"}})

    name: Annotated[
        VariantName,
        Field(min_length=1, description="of the new variant, which no variant may have yet"),
    ]
    force: Annotated[
        bool, Field(description="make it even if the interval of the gain includes zero")
    ] = False


class LabelGain(BaseModel):
    """F1 of one label by cross-validation."""

    true: Annotated[int, Field(description="texts that have the label")]
    before: float
    after: float


class AdaptResponse(BaseModel):
    """The answer to `POST /variants/{name}/adapt`."""

    variant: Annotated[str, Field(description="the new variant, which no policy names yet")]
    parent: str
    parent_sha256: str
    texts: Annotated[int, Field(description="judged texts that it was fitted to")]
    gain: Annotated[Interval, Field(description="in macro-F1 over the parent, cross-validated")]
    labels: dict[str, LabelGain]
    unfitted: Annotated[
        list[str], Field(description="labels that no text has, or every text; they stay as before")
    ]
