"""Studies in a storage."""

from pathlib import Path

import optuna
import pytest

from compression.errors import CompressionError
from compression.search.study import open_study


def test_a_study_is_begun_once_and_folders_are_made(tmp_path: Path) -> None:
    storage = f"sqlite:///{tmp_path / 'new' / 'study.db'}"
    study = open_study(storage, "s")
    study.add_trial(optuna.trial.create_trial(values=[1.0, 2.0]))
    assert len(open_study(storage, "s").trials) == 1
    assert open_study(storage, "other").trials == []


@pytest.mark.parametrize("storage", ["nonsense", "redis://h", "sqlite:///nowhere/\0/x.db"])
def test_a_storage_that_cannot_be_used(storage: str) -> None:
    with pytest.raises((CompressionError, ValueError), match=r"storage |null byte"):
        open_study(storage, "s")


def test_a_study_of_other_objectives(tmp_path: Path) -> None:
    storage = f"sqlite:///{tmp_path / 'other.db'}"
    optuna.create_study(study_name="s", storage=storage)
    with pytest.raises(CompressionError, match="study s "):
        open_study(storage, "s")
