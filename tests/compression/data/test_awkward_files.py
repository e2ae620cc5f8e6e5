"""Files as people have them: each loads as meant, or is refused by line."""

import gzip
import json
from pathlib import Path

import pytest

from compression.data.dataset import Dataset
from compression.data.tabular import Table
from compression.errors import DatasetError

SENTENCES = (
    "what a lovely day, really",
    "leave me alone; I mean it",
    "they left without a word",
    "we won | at last",
    "stop shouting at me",
    "rain again and nobody here",
)
NAMES = ("joy", "anger", "sadness", "joy", "anger", "sadness")
EXPECTED = [tuple(name == label for label in ("anger", "joy", "sadness")) for name in NAMES]


def load(folder: Path, content: str | bytes, name: str = "a.csv", **fields: object) -> Dataset:
    """The data of one file, for train and dev."""
    encoded = content.encode() if isinstance(content, str) else content
    (folder / name).write_bytes(encoded)
    return Table.model_validate({"train": name, "dev": name, **fields}).load(folder)


def check(data: Dataset, texts: tuple[str, ...] = SENTENCES) -> None:
    assert data.labels == ("anger", "joy", "sadness")
    assert data.train.texts == texts
    assert [tuple(row) for row in data.train.targets] == EXPECTED


def table(delimiter: str, texts: tuple[str, ...], header: str = "") -> str:
    rows = [f"{text}{delimiter}{name}" for text, name in zip(texts, NAMES, strict=True)]
    return "\n".join([*([header] if header else []), *rows]) + "\n"


PLAIN = tuple(text.translate(str.maketrans("", "", ",;|")) for text in SENTENCES)


@pytest.mark.parametrize("name", ["a.txt", "a.csv", "a.tsv"])
@pytest.mark.parametrize("delimiter", ["\t", ";", "|", ","])
def test_delimited_without_header(tmp_path: Path, delimiter: str, name: str) -> None:
    check(load(tmp_path, table(delimiter, PLAIN), name), PLAIN)


def test_semicolons_beside_commas_in_texts(tmp_path: Path) -> None:
    texts = tuple(text.replace(";", "") for text in SENTENCES)
    check(load(tmp_path, table(";", texts), "train.txt"), texts)


@pytest.mark.parametrize("header", ["Tweet;Emotion", "comment_text;label"])
def test_a_header_with_other_names(tmp_path: Path, header: str) -> None:
    check(load(tmp_path, table(";", PLAIN, header)), PLAIN)


def test_a_header_with_names_of_its_own_beside_labels_that_recur(tmp_path: Path) -> None:
    rows = table(";", PLAIN)
    data = load(tmp_path, f"phrase;verdict\n{rows * 5}")
    assert data.labels == ("anger", "joy", "sadness")
    assert data.train.texts == PLAIN * 5


def test_a_short_first_row_is_no_header(tmp_path: Path) -> None:
    data = load(tmp_path, "great service,good\nawful,bad\nfine I guess,fair\nnever again,bad\n")
    assert data.train.texts[0] == "great service"
    assert data.labels == ("bad", "fair", "good")


def test_fasttext(tmp_path: Path) -> None:
    rows = [f"__label__{name} {text}\n" for text, name in zip(SENTENCES, NAMES, strict=True)]
    check(load(tmp_path, "".join(rows), "a.txt"))
    data = load(tmp_path, "__label__b __label__a  two  blanks\n\nnone\n__label__a x\n", "a.txt")
    assert data.train.texts == ("two  blanks", "none", "x")
    assert data.train.targets.tolist() == [[True, True], [False, False], [True, False]]
    with pytest.raises(DatasetError, match=r"a\.txt:2: text is empty"):
        load(tmp_path, "__label__a x\n__label__a\n", "a.txt")


def test_stray_quotation_marks(tmp_path: Path) -> None:
    content = 'text,labels\n"so" he said,joy\nx,joy\n'
    with pytest.raises(DatasetError, match=r"a\.csv:2: text follows .*; or set quoted = false"):
        load(tmp_path, content)
    assert load(tmp_path, content, quoted=False).train.texts == ('"so" he said', "x")


def test_a_first_line_that_states_the_delimiter(tmp_path: Path) -> None:
    data = load(tmp_path, f"sep=;\r\n{table(';', PLAIN, 'text;label')}")
    check(data, PLAIN)
    with pytest.raises(DatasetError, match=r"a\.csv:4: 1 cell in this row"):
        load(tmp_path, "sep=;\ntext;label\nx;joy\ny\n")


def test_a_column_of_labels_alone(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match=r"a\.csv:1: no column 'text'; there are: label"):
        load(tmp_path, "label\njoy\nsad\n")


def test_labels_before_texts_after_a_tab(tmp_path: Path) -> None:
    content = "".join(f"{name}\t{text}\n" for text, name in zip(SENTENCES, NAMES, strict=True))
    check(load(tmp_path, content, "a.txt"))


def test_a_table_of_a_spreadsheet(tmp_path: Path) -> None:
    """UTF-16 with a mark, tabs, carriage returns, ids, and quotation marks around commas."""
    lines = ["id\tcomment\tfeeling"]
    for number, (text, name) in enumerate(zip(SENTENCES, NAMES, strict=True)):
        cell = f'"{text}"' if "," in text else text
        lines.append(f"{number}\t{cell}\t{name}")
    check(load(tmp_path, "\r\n".join(lines).encode("utf-16"), "a.txt"))


def test_latin_1_is_refused_by_line_and_read_if_stated(tmp_path: Path) -> None:
    content = "text,labels\nplain,joy\nun été,joy\n".encode("latin-1")
    with pytest.raises(DatasetError, match=r"a\.csv:3: not UTF-8.*or set `encoding`"):
        load(tmp_path, content)
    assert load(tmp_path, content, encoding="latin-1").train.texts == ("plain", "un été")
    with pytest.raises(ValueError, match="no encoding 'latin-none'"):
        Table(train="a.csv", encoding="latin-none")


def test_one_column_for_each_label(tmp_path: Path) -> None:
    content = "id,text,anger,joy,calm\n1,what a day,0,1,1\n2,go away,1,0,0\n3,it is five,0,0,0\n"
    data = load(tmp_path, content)
    assert data.labels == ("anger", "joy", "calm")
    assert data.train.targets.astype(int).tolist() == [[0, 1, 1], [1, 0, 0], [0, 0, 0]]
    assert load(tmp_path, content, label_columns=["calm"]).labels == ("calm",)
    with pytest.raises(DatasetError, match=r"a\.csv:5: anger: '2' is neither 0 nor 1"):
        load(tmp_path, f"{content}4,hm,2,0,0\n", label_columns=["anger", "joy"])


@pytest.mark.parametrize("first", [0, 1])
def test_numbers_of_names(tmp_path: Path, first: int) -> None:
    names = ["anger", "joy", "sadness"]
    rows = [
        f"{text}\t{names.index(name) + first}" for text, name in zip(SENTENCES, NAMES, strict=True)
    ]
    content = "\n".join(["text\tlabel", *rows])
    check(load(tmp_path, content, "a.tsv", labels=names, first_id=first))
    (tmp_path / "mapping.txt").write_text(
        "".join(f"{number}\t{name}\n" for number, name in enumerate(names, start=first))
    )
    check(load(tmp_path, content, "a.tsv", labels_file="mapping.txt"))
    with pytest.raises(DatasetError, match=rf":8: label: unknown label id '7'; ids are {first}"):
        load(tmp_path, f"{content}\nhm\t7\n", "a.tsv", labels=names, first_id=first)


def test_several_numbers_with_blanks(tmp_path: Path) -> None:
    data = load(tmp_path, "text,labels\nx,0 2\ny,1\nz,\n", labels=["a", "b", "c"])
    assert data.train.targets.astype(int).tolist() == [[1, 0, 1], [0, 1, 0], [0, 0, 0]]


def test_texts_and_labels_in_two_files(tmp_path: Path) -> None:
    for split in ("train", "val"):
        (tmp_path / f"{split}_text.txt").write_text("\n".join(SENTENCES) + "\n")
        numbers = [str(("anger", "joy", "sadness").index(name)) for name in NAMES]
        (tmp_path / f"{split}_labels.txt").write_text("\n".join(numbers) + "\n")
    (tmp_path / "mapping.txt").write_text("0\tanger\n1\tjoy\n2\tsadness\n")
    settings = {"train": "train_text.txt", "dev": "val_text.txt", "labels_file": "mapping.txt"}
    check(Table.model_validate(settings).load(tmp_path))
    with (tmp_path / "val_labels.txt").open("a") as file:
        file.write("1\n")
    with pytest.raises(DatasetError, match=r"val_text\.txt: 6 lines, 7 in val_labels\.txt"):
        Table.model_validate(settings).load(tmp_path)


def test_a_json_array(tmp_path: Path) -> None:
    rows = [
        {"sentence": text, "emotions": [name]} for text, name in zip(SENTENCES, NAMES, strict=True)
    ]
    check(load(tmp_path, json.dumps(rows, indent=2), "a.json"))
    check(load(tmp_path, "\n".join(map(json.dumps, rows)), "a.json"))
    with pytest.raises(DatasetError, match=r"a\.json:3: not a JSON array .*: expected a comma"):
        load(tmp_path, '[\n{"text": "x", "label": "a"}\n{"text": "y", "label": "b"}\n]', "a.json")
    with pytest.raises(DatasetError, match=r"a\.json:1: not a JSON array of rows: .*delimiter"):
        load(tmp_path, '[{"text": "x", "label": "a"', "a.json")


def test_json_lines_of_arrays_and_numbers(tmp_path: Path) -> None:
    content = '["so happy today", [1]]\n["so angry today", [0, 2]]\n["nothing at all", []]\n'
    data = load(tmp_path, content, "a.jsonl", labels=["a", "b", "c"])
    assert data.train.targets.astype(int).tolist() == [[0, 1, 0], [1, 0, 1], [0, 0, 0]]


def test_a_packed_file(tmp_path: Path) -> None:
    check(load(tmp_path, gzip.compress(table(";", PLAIN).encode()), "a.txt.gz"), PLAIN)


def test_a_folder_for_each_label(tmp_path: Path) -> None:
    for number, (text, name) in enumerate(zip(SENTENCES, NAMES, strict=True)):
        folder = tmp_path / "reviews" / name
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{number}.txt").write_text(f"{text}\n")
    data = Table(train="reviews", dev="reviews").load(tmp_path)
    assert data.labels == ("anger", "joy", "sadness")
    assert data.train.texts == tuple(SENTENCES[i] for i in (1, 4, 0, 3, 2, 5))
    assert data.train.targets.argmax(axis=1).tolist() == [0, 0, 1, 1, 2, 2]
    (tmp_path / "reviews" / "joy" / "7.txt").write_text(" \n")
    (tmp_path / "reviews" / "joy" / ".DS_Store").write_text("x")
    with pytest.raises(DatasetError, match=r"joy/7\.txt:1: text is empty"):
        Table(train="reviews", dev="reviews").load(tmp_path)


def test_several_files_and_patterns(tmp_path: Path) -> None:
    rows = table(",", PLAIN).splitlines(keepends=True)
    for number in range(3):
        part = "text,labels\n" + "".join(rows[2 * number : 2 * number + 2])
        (tmp_path / f"part-{number}.csv").write_text(part)
    check(Table(train="part-*.csv", dev="part-0.csv").load(tmp_path), PLAIN)
    names = ["part-0.csv", "part-1.csv", "part-2.csv", "part-*.csv"]
    check(Table(train=names, dev="part-0.csv").load(tmp_path), PLAIN)
    with pytest.raises(DatasetError, match=r"none-\*\.csv: no file matches this pattern"):
        Table(train="none-*.csv").load(tmp_path)


def test_parquet(tmp_path: Path) -> None:
    arrow = pytest.importorskip("pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet")
    numbers = [("anger", "joy", "sadness").index(name) for name in NAMES]
    found = arrow.table({"text": list(SENTENCES), "label": numbers})
    names = {"names": ["anger", "joy", "sadness"], "_type": "ClassLabel"}
    info = {"info": {"features": {"text": {"_type": "Value"}, "label": names}}}
    found = found.replace_schema_metadata({"huggingface": json.dumps(info)})
    parquet.write_table(found, tmp_path / "a.parquet")
    check(Table(train="a.parquet", dev="a.parquet").load(tmp_path))
    lists = arrow.table({"text": ["x", None], "labels": [["a", "b"], []]})
    parquet.write_table(lists, tmp_path / "b.parquet")
    with pytest.raises(DatasetError, match=r"b\.parquet:2: text must be a string, found null"):
        Table(train="b.parquet", dev="b.parquet").load(tmp_path)
    (tmp_path / "b.parquet").write_bytes(b"PAR1 and more")
    with pytest.raises(DatasetError, match=r"b\.parquet: not a readable Parquet file"):
        Table(train="b.parquet", dev="b.parquet").load(tmp_path)


def test_parquet_without_pyarrow(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "pyarrow", None)
    monkeypatch.setitem(__import__("sys").modules, "pyarrow.parquet", None)
    with pytest.raises(DatasetError, match=r"a\.parquet: reading Parquet needs pyarrow: pip"):
        load(tmp_path, b"PAR1", "a.parquet")
