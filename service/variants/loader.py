"""Reads variant files: opens a file, checks that the service can use it, and runs it once.

The repository decides which files are read, and when.
"""

from pathlib import Path
from stat import S_ISREG
from weakref import WeakValueDictionary

from edgemood import ArtifactError, Classifier, VariantFile
from edgemood.classifier import MAX_MEMORY_BYTES
from edgemood.format.file import MAX_FILE_BYTES
from service.schemas import MAX_LABELS
from service.variants.variant import Variant

PROBE = "What a day!"
"""Every variant classifies this text before it counts as loaded."""


class VariantLoader:
    """Turns files into variants. Files of equal content share one classifier.

    An A/A test serves one file under two names; sharing keeps its weights in memory once.
    """

    def __init__(
        self, *, max_bytes: int = MAX_FILE_BYTES, max_memory_bytes: int = MAX_MEMORY_BYTES
    ) -> None:
        """Load nothing yet.

        Args:
            max_bytes: a larger file is not read.
            max_memory_bytes: a network that could take more for a text is not built.
        """
        self._max_bytes, self._max_memory_bytes = max_bytes, max_memory_bytes
        self._by_sha256: WeakValueDictionary[str, Classifier] = WeakValueDictionary()

    def load(self, path: Path) -> Variant:
        """The variant of a file: `loaded`, or `failed` with the reason; never raises."""
        try:
            file = VariantFile.read(path, max_bytes=self._max_bytes)
            classifier = self._classifier(file)
            _check_receipt_fits(path, classifier)
            classifier.classify([PROBE])
            size, sha256 = len(file.content), file.sha256
        except ArtifactError as error:
            # Callers read this: the path stays out of it.
            problem = f"{error.part}: {error.problem}"
        except Exception as error:  # noqa: BLE001  # one bad file must not stop the other variants
            problem = f"the file cannot be used ({type(error).__name__})"
        else:
            return Variant(path.stem, "loaded", size, sha256, classifier)
        return Variant(path.stem, "failed", file_size(path), problem=problem)

    def _classifier(self, file: VariantFile) -> Classifier:
        """The classifier of a file, which may be one that is in memory already."""
        classifier = self._by_sha256.get(file.sha256)
        if classifier is None:
            classifier = Classifier.from_file(file, max_memory_bytes=self._max_memory_bytes)
        self._by_sha256[file.sha256] = classifier
        return classifier


def file_size(path: Path) -> int:
    """Bytes of a regular file; 0 if there is none."""
    try:
        status = path.stat()
    except OSError:
        return 0
    return status.st_size if S_ISREG(status.st_mode) else 0


def _check_receipt_fits(path: Path, classifier: Classifier) -> None:
    if len(classifier.labels) > MAX_LABELS:
        raise ArtifactError(
            path,
            part="labels",
            problem=f"{len(classifier.labels)} of them; a receipt has room for {MAX_LABELS}",
            fix="build it for fewer, or use it without the service",
        )
