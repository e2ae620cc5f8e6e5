"""The kinds of figures that an evaluation consists of."""

from pydantic import BaseModel, ConfigDict


class Record(BaseModel):
    """A frozen part of the evaluation's JSON file."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Ratios(Record):
    """F1, precision and recall."""

    f1: float
    precision: float
    recall: float


class Averages(Record):
    """Averages over labels, at one set of thresholds."""

    macro: Ratios
    micro: Ratios


class Estimate(Record):
    """A figure and its 95 % interval, from a bootstrap unless the field says otherwise."""

    estimate: float
    low: float
    high: float


class Spread(Record):
    """Mean and standard deviation over seeds."""

    mean: float
    sd: float
