import hashlib
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest

from compression.data import goemotions
from compression.data.goemotions import EMOTIONS, GROUPINGS, GoEmotions, download
from compression.errors import DatasetError

LINES = {
    "train.tsv": "I miss her\t25\tabc\nWow, thanks\u2028a lot\t15,26\tabd\n",
    "dev.tsv": "Okay.\t27\tabe\n",
    "test.tsv": 'He said "no"\t3,27\tabf\n',
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, text in LINES.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize("grouping", GROUPINGS.values(), ids=GROUPINGS)
def test_a_grouping_has_all_emotions_once(grouping: dict[str, tuple[str, ...]]) -> None:
    grouped = [emotion for emotions in grouping.values() for emotion in emotions]
    assert sorted(grouped) == sorted(EMOTIONS)
    assert len(EMOTIONS) == 28
    assert EMOTIONS[27] == "neutral"


def test_caring_and_curiosity_put_back_give_the_published_grouping(folder: Path) -> None:
    (folder / "train.tsv").write_text("Why?\t7\ta\nTake care\t5\tb\nOh\t26\tc\nSad\t25\td\n")
    apart = GoEmotions(labels="told-apart").load(folder)
    published = GoEmotions().load(folder)
    column = dict(zip(apart.labels, apart.train.targets.T.copy(), strict=True))
    column["joy"] |= column.pop("caring")
    column["surprise"] |= column.pop("curiosity")
    assert tuple(column) == published.labels
    np.testing.assert_array_equal(np.array(list(column.values())).T, published.train.targets)
    assert apart.train.targets.sum() == 4


def test_ekman(folder: Path) -> None:
    data = GoEmotions().load(folder)
    assert data.labels == ("anger", "disgust", "fear", "joy", "neutral", "sadness", "surprise")
    assert data.train.texts == ("I miss her", "Wow, thanks\u2028a lot")
    assert data.train.targets.astype(int).tolist() == [[0, 0, 0, 0, 0, 1, 0], [0, 0, 0, 1, 0, 0, 1]]
    assert data.splits["test"].targets.astype(int).tolist() == [[1, 0, 0, 0, 1, 0, 0]]


def test_all_28(folder: Path) -> None:
    data = GoEmotions(labels="original").load(folder)
    assert data.labels == EMOTIONS
    assert data.train.targets[1].nonzero()[0].tolist() == [15, 26]


def test_the_digest_excludes_the_test_split(folder: Path) -> None:
    before = GoEmotions().load(folder).sha256
    (folder / "test.tsv").write_text("other\t1\tx\n")
    assert GoEmotions().load(folder).sha256 == before
    (folder / "dev.tsv").write_text("Okay.\t26\tabe\n")
    assert GoEmotions().load(folder).sha256 != before


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("no tabs\n", r"dev\.tsv:1: expected text, emotion numbers and id, found 1 fields"),
        ("text\tx\tid\n", r"dev\.tsv:1: emotion numbers must be whole, found 'x'"),
        ("text\t1_0\tid\n", "must be whole"),
        ("text\t\tid\n", "must be whole"),
        ("ok\t1\tid\n \t1\tid\n", r"dev\.tsv:2: the text is empty"),
        ("text\t28\tid\n", "0 to 27"),
        ("", "no examples"),
    ],
)
def test_malformed_files(folder: Path, line: str, problem: str) -> None:
    (folder / "dev.tsv").write_text(line)
    with pytest.raises(DatasetError, match=problem):
        GoEmotions().load(folder)


def test_a_byte_order_mark_is_not_part_of_the_first_text(folder: Path) -> None:
    (folder / "dev.tsv").write_text("\ufeffOkay.\t27\tabe\r\n", encoding="utf-8")
    assert GoEmotions().load(folder).dev.texts == ("Okay.",)


def test_files_that_are_not_utf_8(folder: Path) -> None:
    (folder / "dev.tsv").write_bytes(b"\xff\t1\tx\n")
    with pytest.raises(DatasetError, match="not UTF-8"):
        GoEmotions().load(folder)


def test_a_missing_file_is_named_with_a_remedy(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="--download"):
        GoEmotions().load(tmp_path)


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        """Print nothing."""


@pytest.fixture
def home(folder: Path) -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def test_download(home: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    digests = {name: hashlib.sha256(text.encode()).hexdigest() for name, text in LINES.items()}
    monkeypatch.setattr(goemotions, "SHA256", digests)
    target = tmp_path / "new"
    assert {path.name for path in download(target, home=home)} == set(LINES)
    assert GoEmotions().load(target).train.texts[0] == "I miss her"
    assert download(target, home=home) == []


def test_download_refuses_other_content_and_stores_nothing(home: str, tmp_path: Path) -> None:
    target = tmp_path / "new"
    with pytest.raises(DatasetError, match="the official file has"):
        download(target, home=home)
    assert list(target.iterdir()) == []


def test_download_reports_an_unreachable_server(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match=r"http://127\.0\.0\.1:1/train\.tsv"):
        download(tmp_path / "new", home="http://127.0.0.1:1")
