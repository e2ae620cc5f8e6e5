"""What a compression method is: its settings, and one function from checkpoint to artifact."""

from abc import abstractmethod
from pathlib import Path
from typing import ClassVar

from pydantic import BaseModel, ConfigDict

from compression.checkpoints.checkpoint import Checkpoint
from compression.data.dataset import Dataset
from compression.training.supervision import Supervision
from edgemood import Artifact


class Method(BaseModel):
    """A method's fields are its settings, and its `[[variant]]` table in a recipe."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    method: ClassVar[str]
    """The name that recipes and manifests use."""

    @abstractmethod
    def compress(
        self, base: Checkpoint, data: Dataset, supervision: Supervision, *, folder: Path
    ) -> Artifact:
        """Make a variant.

        Args:
            base: what to compress; it is not changed.
            data: for calibration and for choices. The test split is not for methods.
            supervision: what the base learned from, for further training.
            folder: where unfinished work may be kept, to go on with after an interruption; see
                `clear`.

        Returns:
            An artifact with untuned thresholds.
        """

    def clear(self, base: Checkpoint, *, folder: Path) -> None:  # most keep nothing
        """Delete what `compress` kept of unfinished work, once the artifact is safe."""
