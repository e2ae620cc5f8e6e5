import sys

import pytest
from tqdm import tqdm

from compression.progress import lines_named, log


def test_lines_go_to_standard_error_without_breaking_a_progress_bar(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with tqdm(total=2) as bar:
        bar.update()
        log("a line")
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "a line\n" in captured.err


def test_lines_of_a_process_have_its_name_and_no_bars(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    with lines_named("small"):
        for _ in tqdm(range(2), disable=None):
            log("a line")
        sys.stderr.write("in ")
        sys.stderr.write("parts\n\n")
    log("after")
    assert capsys.readouterr().err == (
        "small: a line\nsmall: a line\nsmall: in parts\nsmall: \nafter\n"
    )
