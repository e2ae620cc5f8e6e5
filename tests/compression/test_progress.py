import pytest
from tqdm import tqdm

from compression.progress import log


def test_lines_go_to_standard_error_without_breaking_a_progress_bar(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with tqdm(total=2) as bar:
        bar.update()
        log("a line")
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "a line\n" in captured.err
