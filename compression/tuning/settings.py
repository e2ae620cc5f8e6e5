"""How a variant turns logits into labels; keys of its `[[variant]]` table."""

from typing import Annotated, Any, Self

from pydantic import Field, model_validator

from compression.recipe_table import RecipeTable
from edgemood.format.manifest import Decision


class AbstentionSettings(RecipeTable):
    """Which texts get no answer; either of the two keys. See `compression.metrics.abstention`."""

    coverage: Annotated[float, Field(gt=0, le=1)] | None = None
    """The share of texts to answer: those with the highest scores."""
    precision: Annotated[float, Field(gt=0, lt=1)] | None = None
    """Of the answered texts, the share whose highest-scoring label is one of theirs."""

    @model_validator(mode="after")
    def _has_one_goal(self) -> Self:
        if (self.coverage is None) == (self.precision is None):
            raise ValueError("needs either `coverage` or `precision`")
        return self


class DecisionSettings(RecipeTable):
    """The settings of everything between a variant's logits and its labels."""

    calibrate: bool = False
    """Whether scores are made probabilities; see `compression.metrics.calibration`."""
    decision: Decision = "multi-label"
    """`single-label` gives the label with the highest score, and scores that sum to one."""
    abstention: AbstentionSettings | None = None
    """By default every text is answered."""

    @property
    def in_manifest(self) -> dict[str, Any]:
        """What the manifest's `settings` state of these; its other fields show the rest."""
        if self.abstention is None:
            return {}
        return {"abstention": self.abstention.model_dump(mode="json", exclude_none=True)}
