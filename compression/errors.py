"""What a user can do wrong at the compression stage, as types. The command line prints them."""

from edgemood import EdgemoodError


class CompressionError(EdgemoodError):
    """The base of the errors below."""


class DatasetError(CompressionError):
    """A data file is missing, unreadable or malformed; the message names file and line."""


class RecipeError(CompressionError):
    """A recipe is unreadable or a field of it is wrong; the message names the field."""


class CheckpointError(CompressionError):
    """A checkpoint file does not hold what its name promises."""


class EmbeddingError(CompressionError):
    """Word vectors that cannot be used."""


class TeacherError(CompressionError):
    """A transformer that cannot be loaded."""
