"""The answer to `GET /feedback/summary`, as JSON."""

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, Field


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
