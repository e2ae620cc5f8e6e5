"""Opens the Optuna study of a search."""

from pathlib import Path
from typing import TYPE_CHECKING

from compression.errors import CompressionError

if TYPE_CHECKING:
    import optuna

_SQLITE = "sqlite:///"


def open_study(storage: str, name: str) -> "optuna.Study":
    """Open a study of file size and macro-F1, or begin it.

    Args:
        storage: an Optuna RDB URL, such as `sqlite:///search.db`.
        name: of the study within the storage.

    Raises:
        CompressionError: the storage cannot be used, or the study has other objectives.
    """
    # Imported late: Optuna takes longer to import than every other command.
    import optuna  # noqa: PLC0415
    from sqlalchemy.exc import ArgumentError, SQLAlchemyError  # noqa: PLC0415

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    if storage.startswith(_SQLITE):
        Path(storage.removeprefix(_SQLITE)).parent.mkdir(parents=True, exist_ok=True)
    directions = [optuna.study.StudyDirection.MINIMIZE, optuna.study.StudyDirection.MAXIMIZE]
    try:
        study = optuna.create_study(
            study_name=name, storage=storage, directions=directions, load_if_exists=True
        )
    except (ArgumentError, ImportError, SQLAlchemyError, ValueError) as error:
        raise CompressionError(f"storage {storage}: {str(error).splitlines()[0]}") from error
    if study.directions != directions:
        raise CompressionError(
            f"study {name} has other objectives than bytes and F1; give --study another name"
        )
    return study
