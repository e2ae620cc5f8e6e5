"""`preview`, from files to a recipe that reads them in the same way."""

import tomllib
from pathlib import Path

import pytest

from compression.cli import main
from compression.data.discovery import find_data
from compression.data.tabular import Table
from compression.data.text_collections import TextLines

ROWS = "".join(
    f"the secret number {i} is {'good' if i % 3 else 'bad'};{'joy' if i % 3 else 'anger'}\n"
    for i in range(90)
)


def preview(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert main(["preview", *arguments]) == 0
    return capsys.readouterr().out


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_a_file_without_header(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("a.txt").write_text(f"{ROWS}the secret number 1 is good;joy\n ;joy\nbroken\n")
    shown = preview(capsys, "a.txt")
    for line in (
        "train: a.txt, 93 rows, semicolon-separated, no header",
        "dev and test: made of the training rows, with duplicates on one side",
        "text in column '1', labels in column '2' (found by content: text and labels)",
        "2 labels, single-label: one on each",
        "  within train: 1, such as a.txt:2 and a.txt:91",
        "  a.txt:92: 1 is empty; delete the row, or write a text",
        "  a.txt:93: 1 cell in this row, 2 in most rows; add the missing ones, and quote texts that"
        " contain line breaks",
        'and each [[variant]] may have decision = "single-label"',
    ):
        assert line in shown.splitlines()
    assert "secret" not in shown
    assert "secret" in preview(capsys, "a.txt", "--show-texts")


@pytest.mark.parametrize(
    ("files", "settings"),
    [
        ({"a.txt": ROWS}, {}),
        ({"train.tsv": ROWS.replace(";", "\t"), "test.csv": ROWS.replace(";", ",")}, {}),
        ({"train.tsv": ROWS.replace(";", "\t"), "dev.tsv": ROWS[:200].replace(";", "\t")}, {}),
        ({"a.csv": "text,joy,calm\nx y z,0,1\nz w,1,0\nw x,1,1\na b c d,0,0\n"}, {}),
        ({"train.jsonl": '{"tweet": "x", "emotion": ["a"]}\n', "dev.json": '[["y", "a"]]'}, None),
        ({"a.csv": "text,labels\nx,1\ny,2\nz,1\n"}, {"labels": ["one", "two"], "first_id": 1}),
    ],
)
def test_the_recipe_reads_the_same(
    capsys: pytest.CaptureFixture[str],
    files: dict[str, str],
    settings: dict[str, object] | None,
) -> None:
    for name, content in files.items():
        Path(name).write_text(content)
    arguments = [
        f"--set={name}={str(value).replace(chr(39), chr(34))}"
        for name, value in (settings or {}).items()
    ]
    if settings is None:  # the columns have other names in each file
        assert main(["preview", "."]) == 0
        assert "dev.json:1: no column 'tweet'" in capsys.readouterr().out
        return
    shown = preview(capsys, ".", *arguments)
    lines = shown[shown.index("[data]") :].split("\nand each")[0]
    table = Table.model_validate(tomllib.loads(lines)["data"])
    found = find_data([Path()])
    guessed = Table.model_validate({**found.fields, **settings}).read(Path())
    again = table.read(Path())
    assert again.labels == guessed.labels
    assert again.examples == guessed.examples


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (["none.csv"], "none.csv: No such file"),
        (["a.csv", "--set", "heder=true"], "--set heder: unknown key; did you mean 'header'?"),
        (["a.csv", "--set", "delimiter=ab"], "--set delimiter: must have at most 1 characters"),
        (["b.csv"], "b.csv:2: text is empty"),
    ],
)
def test_errors_are_one_line(
    capsys: pytest.CaptureFixture[str], arguments: list[str], problem: str
) -> None:
    Path("a.csv").write_text("text,labels\nx,joy\n")
    Path("b.csv").write_text("text,labels\n ,joy\n")
    assert main(["preview", *arguments]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(f"compression: {problem}")


def test_patterns_and_unlabelled_texts(capsys: pytest.CaptureFixture[str]) -> None:
    Path("one.txt").write_text("some text\nand more of it, here\n")
    Path("two.txt").write_text("a third\n")
    shown = preview(capsys, "*.txt")
    assert "train: two.txt, 1 rows, a text a line" in shown
    assert "no labels: such texts can be [texts.NAME]" in shown
    assert "[data]" not in shown
    table = tomllib.loads(shown[shown.index("[texts.more]") :])["texts"]["more"]
    texts = TextLines.model_validate(table).load(Path())
    assert texts == ("some text", "and more of it, here", "a third")
