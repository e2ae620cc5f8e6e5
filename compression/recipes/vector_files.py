"""Files of word vectors that token tables may start from."""

from pathlib import Path

from compression.errors import EmbeddingError
from compression.settings import FileStart
from edgemood.format.file import file_sha256


class VectorFiles:
    """Finds word vector files and remembers their digests."""

    def __init__(self, default: Path | None) -> None:
        """Read nothing yet.

        Args:
            default: the file for bases that name none.
        """
        self._default = default
        self._digests: dict[Path, str] = {}

    def path(self, settings: FileStart) -> Path:
        """The file of a base.

        Raises:
            EmbeddingError: no file is given.
        """
        if settings.path:
            return Path(settings.path)
        if self._default is None:
            raise EmbeddingError("no word vectors; give --embeddings FILE, or a path in the recipe")
        return self._default

    def sha256(self, settings: FileStart) -> str:
        """SHA-256 of the file of a base.

        Raises:
            EmbeddingError: no file is given, or it cannot be read.
        """
        path = self.path(settings)
        if path not in self._digests:
            try:
                self._digests[path] = file_sha256(path)
            except OSError as error:
                raise EmbeddingError(f"{path}: {error.strerror}") from error
        return self._digests[path]
