"""From recipe to measured files, on a table of a few hundred rows."""

import csv
from pathlib import Path

import numpy as np
import pytest

from compression.__main__ import main
from compression.data.dataset import Dataset
from compression.evaluation.results import Evaluation
from compression.recipes import base_store as bases
from edgemood import Artifact, Classifier

RECIPE = """
name = "small"
[data]
format = "table"
train = "train.csv"
dev = "dev.csv"
test = "test.csv"
[base.ffnn]
seed = 1
model = { architecture = "bag", dim = 8, hidden = [8] }
vocabulary = { min_count = 1 }
training = { epochs = 5, batch_size = 16, learning_rate = 0.05, ema_decay = 0.5 }
[[variant]]
name = "fp32"
method = "fp32"
[[variant]]
name = "small"
method = "int8-static"
calibration_texts = 50
"""


@pytest.fixture
def workplace(tmp_path: Path, dataset: Dataset, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name, split in dataset.splits.items():
        with (tmp_path / f"{name}.csv").open("w", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(["text", "labels"])
            for text, row in zip(split.texts, split.targets, strict=True):
                given = [label for label, holds in zip(dataset.labels, row, strict=True) if holds]
                writer.writerow([text, ",".join(given)])
    (tmp_path / "recipe.toml").write_text(RECIPE)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def files(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted((folder / "variants").iterdir())}


def test_build_evaluate_report(workplace: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["build", "recipe.toml", "--data", "."]) == 0
    built = files(workplace)
    assert set(built) == {"fp32.safetensors", "small.safetensors"}
    manifest = Artifact.open(workplace / "variants" / "small.safetensors").manifest
    assert manifest.name == "small"
    assert manifest.method == "int8-static"
    assert manifest.settings["calibration_texts"] == 50
    assert manifest.provenance is not None
    assert manifest.provenance.recipe == "small"
    assert set(manifest.metrics) == {"dev", "test"}
    assert manifest.metrics["test"]["macro_f1"] > 0.8
    assert set(manifest.thresholds) != {0.5}

    variants = ["variants/fp32.safetensors", "variants/small.safetensors"]
    arguments = ["evaluate", *variants, "--data", ".", "--recipe", "recipe.toml"]
    assert main([*arguments, "--out", "new/folder/results.json"]) == 0
    Path("new/folder/results.json").rename("results.json")
    assert "100 texts" in capsys.readouterr().out
    evaluation = Evaluation.read(Path("results.json"))
    fp32, small = evaluation.results
    assert fp32.against is None
    assert small.against is not None
    difference = small.against.difference
    assert difference.low <= difference.estimate <= difference.high
    assert small.macro_f1.estimate == pytest.approx(manifest.metrics["test"]["macro_f1"], abs=1e-4)
    assert small.sizes.file == len(built["small.safetensors"])

    assert main([*arguments, "--noise", "typos", "--out", "noisy.json"]) == 0
    noisy = Evaluation.read(Path("noisy.json")).results[0]
    assert noisy.macro_f1.estimate < fp32.macro_f1.estimate

    assert main(["report", "results.json", "--out", "docs"]) == 0
    page = Path("docs/results.md").read_text()
    assert f"| small | int8-static | {small.sizes.file:,} |" in page
    assert Path("docs/results.png").read_bytes().startswith(b"\x89PNG")


def test_words_can_be_left_out_of_the_file(
    workplace: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["build", "recipe.toml", "--data", ".", "--only", "fp32"]) == 0
    path = workplace / "variants" / "fp32.safetensors"
    plain, texts = Classifier.open(path), ["so happy", "sad table"]
    changed = RECIPE.replace('name = "fp32"', 'name = "fp32"\nvocabulary = "fingerprints"')
    (workplace / "recipe.toml").write_text(changed)
    capsys.readouterr()
    assert main(["build", "recipe.toml", "--data", ".", "--only", "fp32"]) == 0
    assert "up to date" not in capsys.readouterr().err
    hashed = Classifier.open(path)
    assert b"lonely" not in path.read_bytes()
    np.testing.assert_array_equal(hashed.scores(texts), plain.scores(texts))
    assert hashed.artifact.manifest.metrics == plain.artifact.manifest.metrics


def test_a_second_build_does_nothing_and_a_changed_one_only_what_changed(
    workplace: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["build", "recipe.toml", "--data", "."]) == 0
    before = files(workplace)
    monkeypatch.setattr(bases, "train", None)  # the base must come from the checkpoint folder
    (workplace / "recipe.toml").write_text(RECIPE.replace("= 50", "= 60"))
    capsys.readouterr()
    assert main(["build", "recipe.toml", "--data", "."]) == 0
    said = capsys.readouterr().err
    assert "fp32.safetensors: up to date" in said
    assert "small.safetensors: int8-static" in said
    after = files(workplace)
    assert after["fp32.safetensors"] == before["fp32.safetensors"]
    assert after["small.safetensors"] != before["small.safetensors"]


@pytest.mark.parametrize("file", ["train.csv", "dev.csv", "test.csv"])
def test_changed_data_is_noticed(
    workplace: Path, capsys: pytest.CaptureFixture[str], file: str
) -> None:
    assert main(["build", "recipe.toml", "--data", ".", "--only", "fp32"]) == 0
    lines = (workplace / file).read_text().splitlines()
    (workplace / file).write_text("\n".join(lines[:-1]) + "\n")
    capsys.readouterr()
    assert main(["build", "recipe.toml", "--data", ".", "--only", "fp32"]) == 0
    assert "up to date" not in capsys.readouterr().err


def test_the_test_split_changes_nothing_but_its_own_figures(workplace: Path) -> None:
    assert main(["build", "recipe.toml", "--data", "."]) == 0
    before = Artifact.open(workplace / "variants" / "small.safetensors")
    lines = (workplace / "test.csv").read_text().splitlines()
    poisoned = [line.rpartition(",")[0] + ",joy" for line in lines[1:] if '"' not in line]
    (workplace / "test.csv").write_text("\n".join([lines[0], *poisoned]) + "\n")
    assert main(["build", "recipe.toml", "--data", "."]) == 0
    after = Artifact.open(workplace / "variants" / "small.safetensors")
    assert after.manifest.metrics["test"] != before.manifest.metrics["test"]
    assert after.manifest.metrics["dev"] == before.manifest.metrics["dev"]
    assert after.manifest.thresholds == before.manifest.thresholds
    stored = before.arrays()
    assert all((array == stored[name]).all() for name, array in after.arrays().items())


def test_seeds_on_the_command_line(workplace: Path, capsys: pytest.CaptureFixture[str]) -> None:
    command = ["build", "recipe.toml", "--data", ".", "--only", "small", "--seeds"]
    assert main([*command, "4", "9"]) == 0
    assert set(files(workplace)) == {"small.s4.safetensors", "small.s9.safetensors"}
    assert main([*command, "4", "4"]) == 2
    assert "a seed comes twice" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        main([*command, "-1"])


def test_damaged_output_is_built_again_to_the_same_bytes(workplace: Path) -> None:
    assert main(["build", "recipe.toml", "--data", "."]) == 0
    before = files(workplace)
    (workplace / "variants" / "small.safetensors").write_bytes(b"damaged")
    assert main(["build", "recipe.toml", "--data", ".", "--only", "small"]) == 0
    assert files(workplace) == before


def test_two_builds_from_nothing_give_the_same_bytes(workplace: Path) -> None:
    for out in ("one", "two"):
        arguments = ["build", "recipe.toml", "--data", ".", "--out", f"{out}/variants"]
        assert main([*arguments, "--checkpoints", f"{out}/checkpoints"]) == 0
    assert files(workplace / "one") == files(workplace / "two")


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (["build", "recipe.toml", "--data", ".", "--only", "x"], "no variant x; there are: fp32"),
        (["build", "none.toml", "--data", "."], "none.toml: No such file"),
        (["build", "recipe.toml", "--data", "nowhere"], "nowhere"),
        (["build", "recipe.toml"], "--data DIR or set EMOTION_DATA"),
        (["build", "recipe.toml", "--data", ".", "--download"], "--download fetches GoEmotions"),
        (["evaluate", "v.safetensors", "--data", ".", "--recipe", "recipe.toml"], "no such file"),
        (["build", "recipe.toml", "--data", ".", "--out", "train.csv"], "train.csv: File exists"),
        (["report", "none.json"], "run `evaluate --out`"),
        (["report", "recipe.toml"], "not written by"),
        (["report", "junk.bin"], "not written by"),
        (["build", "nothing.toml", "--data", "."], "no [[variant]]; `search` is for [search]"),
    ],
)
def test_what_cannot_be_done_is_one_line(
    workplace: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    arguments: list[str],
    problem: str,
) -> None:
    monkeypatch.delenv("EMOTION_DATA", raising=False)
    Path("junk.bin").write_bytes(b"\xff\xfe\x00")
    search = (
        RECIPE[: RECIPE.index("[[variant]]")] + "[search]\nbase = 'ffnn'\n[search.methods.fp32]"
    )
    Path("nothing.toml").write_text(search)
    assert main(arguments) == 2
    captured = capsys.readouterr()
    assert problem in captured.err
    assert "Traceback" not in captured.err


def test_evaluating_with_other_labels_is_refused(
    workplace: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["build", "recipe.toml", "--data", ".", "--only", "fp32"]) == 0
    other = RECIPE.replace('test = "test.csv"', 'test = "test.csv"\nlabels = ["a", "b"]')
    (workplace / "other.toml").write_text(other.replace("csv", "jsonl"))
    for name in ("train", "dev", "test"):
        (workplace / f"{name}.jsonl").write_text('{"text": "x", "labels": "a"}\n')
    arguments = ["evaluate", "variants/fp32.safetensors", "--data", ".", "--recipe", "other.toml"]
    assert main(arguments) == 2
    assert "its labels are joy, neutral, sadness; the data's are a, b" in capsys.readouterr().err


def test_a_missing_reference_or_split_is_named(
    workplace: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["build", "recipe.toml", "--data", ".", "--only", "small"]) == 0
    arguments = ["evaluate", "variants/small.safetensors", "--data", ".", "--recipe", "recipe.toml"]
    assert main(arguments) == 0
    assert "minus its reference" in capsys.readouterr().out
    assert main([*arguments, "--reference", "fp32"]) == 2
    assert "no reference 'fp32' among small" in capsys.readouterr().err
    assert main([*arguments, "--split", "valid"]) == 2
    assert "no valid split; known: train, dev, test" in capsys.readouterr().err
