"""The JSON file."""

from pathlib import Path

import pytest

from compression.errors import CompressionError
from compression.evaluation.results import Evaluation


def test_round_trip(evaluation: Evaluation, tmp_path: Path) -> None:
    path = tmp_path / "new" / "folder" / "results.json"
    evaluation.write(path)
    assert Evaluation.read(path) == evaluation


@pytest.mark.parametrize("content", [b"\xff\xfe\x00", b"{", b'{"split": "dev"}'])
def test_other_files_are_refused(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "results.json"
    path.write_bytes(content)
    with pytest.raises(CompressionError, match=r"results\.json"):
        Evaluation.read(path)


def test_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(CompressionError, match=r"none\.json: No such file"):
        Evaluation.read(tmp_path / "none.json")
