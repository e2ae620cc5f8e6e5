"""Shared arguments and their values."""

import argparse
from collections.abc import Callable
from pathlib import Path

import pytest

from compression.cli import arguments
from compression.data import goemotions
from compression.data.goemotions import GoEmotions
from compression.errors import CompressionError
from compression.recipes.recipe import EVERY_TEACHER


def parse(add: Callable[[argparse.ArgumentParser], None], *words: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    add(parser)
    return parser.parse_args(words)


def test_a_teacher_is_a_folder_with_or_without_a_name(tmp_path: Path) -> None:
    words = ["--teacher", str(tmp_path), "--teacher", f"big={tmp_path}"]
    options = parse(arguments.add_teachers, *words)
    assert options.teacher == [(EVERY_TEACHER, str(tmp_path)), ("big", str(tmp_path))]
    assert options.teacher_outputs == Path("teacher_outputs")


@pytest.mark.parametrize("word", ["big=", "=.", "big=nowhere", "nowhere"])
def test_other_teachers_are_refused(word: str) -> None:
    with pytest.raises(SystemExit):
        parse(arguments.add_teachers, "--teacher", word)


@pytest.mark.parametrize("text", ["0", "-1", "1.5", "x", ""])
def test_numbers_of_trials(text: str) -> None:
    assert arguments.positive_number("12") == 12
    with pytest.raises(argparse.ArgumentTypeError):
        arguments.positive_number(text)


@pytest.mark.parametrize("text", ["-1", str(2**32), "x"])
def test_seeds(text: str) -> None:
    assert arguments.seed("0") == 0
    assert arguments.seed(str(2**32 - 1)) == 2**32 - 1
    with pytest.raises(argparse.ArgumentTypeError):
        arguments.seed(text)


def test_the_default_of_data_is_the_environments(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EMOTION_DATA", "/somewhere")
    assert parse(arguments.add_data).data == Path("/somewhere")
    assert parse(arguments.add_data, "--data", "here").data == Path("here")
    monkeypatch.delenv("EMOTION_DATA")
    with pytest.raises(CompressionError, match="EMOTION_DATA"):
        arguments.load_data(parse(arguments.add_data), GoEmotions())


def test_a_download_goes_to_the_data_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folders = []
    monkeypatch.setattr(arguments, "download", folders.append)
    monkeypatch.setattr(goemotions.GoEmotions, "load", lambda _, folder: folder)
    options = parse(arguments.add_data, "--data", str(tmp_path), "--download")
    arguments.load_data(options, GoEmotions())
    assert folders == [tmp_path]
