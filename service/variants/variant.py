"""One variant and its state in this process."""

from dataclasses import dataclass
from typing import Literal

from edgemood import Classifier
from service.errors import UnavailableError

State = Literal["loaded", "failed", "unloaded"]


@dataclass(frozen=True)
class Variant:
    """One variant of the folder. Its name is the name of its file without the suffix."""

    name: str
    state: State
    file_bytes: int
    """Of the file that was loaded, else of the one on disk; 0 if it is gone."""
    sha256: str | None = None
    """Of the file that was loaded; None unless the variant is loaded."""
    classifier: Classifier | None = None
    """None unless the variant is loaded."""
    problem: str | None = None
    """For callers: why the variant failed, or why an earlier file than the one on disk answers."""

    @property
    def loaded_classifier(self) -> Classifier:
        """The classifier of a loaded variant.

        Raises:
            UnavailableError: the file cannot be used, or the variant was unloaded.
        """
        if self.classifier is None:
            raise UnavailableError(f"the variant {self.name} is not loaded")
        return self.classifier
