"""The protocol of a compression method: settings, and one function from checkpoint to artifact."""

from abc import abstractmethod
from pathlib import Path
from typing import ClassVar

from compression.checkpoints.checkpoint import Checkpoint
from compression.data.dataset import Dataset
from compression.recipe_table import RecipeTable
from compression.training.supervision import Supervision
from edgemood import Artifact


class Method(RecipeTable):
    """A method; its fields are its settings, and the keys of its `[[variant]]` in a recipe."""

    method: ClassVar[str]
    """The name of the method in recipes and manifests."""

    @abstractmethod
    def compress(
        self, base: Checkpoint, data: Dataset, supervision: Supervision, *, folder: Path
    ) -> Artifact:
        """Compress a base.

        Args:
            base: the trained classifier; it is not changed.
            data: the train split for calibration, the dev split for choices. Methods must not use
                the test split.
            supervision: the source of gradients of the base, for methods that fine-tune.
            folder: the state of an interrupted training is stored here; see `clear`.

        Returns:
            An artifact with untuned thresholds.

        Raises:
            CheckpointError: a stored state in `folder` is damaged.
            CompressionError: the settings do not suit the base.
        """

    def clear(self, base: Checkpoint, *, folder: Path) -> None:
        """Delete the stored state of `compress` once the artifact is saved, if there is one."""
