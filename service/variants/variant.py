"""One variant file and its state in this process."""

from dataclasses import dataclass
from typing import Literal

from edgemood import Classifier
from service.errors import UnavailableError
from service.state.file_signature import FileSignature

State = Literal["loaded", "failed", "unloaded"]


@dataclass(frozen=True)
class Variant:
    """One file of the variants folder. The variant's name is the file's name without its suffix."""

    name: str
    state: State
    file_bytes: int
    """0 if the file is gone."""
    sha256: str | None = None
    """Of the whole file; None unless the variant is loaded."""
    classifier: Classifier | None = None
    """None unless the variant is loaded."""
    problem: str | None = None
    """Why loading failed, for callers; None unless the state is `failed`."""
    signature: FileSignature | None = None
    """Of the file when it was last read; None if the file was missing."""

    @property
    def loaded_classifier(self) -> Classifier:
        """The classifier of a loaded variant.

        Raises:
            UnavailableError: the file cannot be used, or the variant was unloaded.
        """
        if self.classifier is None:
            raise UnavailableError(f"the variant {self.name} is not loaded")
        return self.classifier
