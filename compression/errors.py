"""Errors that a user of the compression stage can cause; the command line prints them."""

from edgemood import EdgemoodError


class CompressionError(EdgemoodError):
    """The base class of these errors."""


class DatasetError(CompressionError):
    """A data file is missing, unreadable or malformed; the message names file and line."""


class RecipeError(CompressionError):
    """A recipe is unreadable or a field of it is wrong; the message names the field."""


class CheckpointError(CompressionError):
    """A stored file is damaged or of another kind; the message names it."""


class EmbeddingError(CompressionError):
    """Word vectors are missing, malformed or unsuitable."""


class TeacherError(CompressionError):
    """A transformer cannot be loaded, or has other weights than the recipe asks for."""


def os_error_message(error: OSError) -> str:
    """`FILE: PROBLEM`, of an input that cannot be read or an output that cannot be written."""
    return f"{error.filename or 'output'}: {error.strerror}"
