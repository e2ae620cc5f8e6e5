"""`evaluate`, from the files to the table and the JSON file."""

from pathlib import Path

import pytest

from compression.cli import evaluate, main
from compression.evaluation.results import Evaluation
from edgemood import Artifact

ARGUMENTS = ["evaluate", "variants/fp32.safetensors", "variants/small.safetensors"]
WITH_DATA = ["--data", ".", "--recipe", "recipe.toml"]


def run(*arguments: str) -> Evaluation:
    assert main([*ARGUMENTS, *WITH_DATA, *arguments, "--out", "new/folder/results.json"]) == 0
    return Evaluation.read(Path("new/folder/results.json"))


def test_results_agree_with_the_manifests(built: Path, capsys: pytest.CaptureFixture[str]) -> None:
    evaluation = run()
    assert (evaluation.split, evaluation.texts, evaluation.conditions) == ("test", 100, None)
    fp32, small = evaluation.results
    assert fp32.against is None
    assert small.against is not None
    path = built / "variants" / "small.safetensors"
    metrics = Artifact.open(path).manifest.metrics["test"]
    assert small.macro_f1.estimate == pytest.approx(metrics["macro_f1"], abs=1e-4)
    assert small.sizes.file == path.stat().st_size
    assert f"{small.sizes.file:,}" in capsys.readouterr().out


@pytest.mark.usefixtures("built")
def test_options_reach_the_evaluation() -> None:
    evaluation = run("--split", "dev", "--reference", "small", "--speed")
    assert (evaluation.split, evaluation.texts) == ("dev", 120)
    assert evaluation.reference == "small"
    assert evaluation.conditions is not None


@pytest.mark.usefixtures("built")
def test_single_labels_and_curves(capsys: pytest.CaptureFixture[str]) -> None:
    plain, further = run().results[0], run("--single-label", "--curves").results[0]
    assert plain.single_label is plain.curves is None
    assert further.single_label is not None
    assert 0 < further.single_label.texts < 100
    assert further.curves is not None
    assert list(further.curves.reliability) == ["joy", "neutral", "sadness"]
    assert f"of the {further.single_label.texts} texts with exactly one" in capsys.readouterr().out


@pytest.mark.usefixtures("built")
def test_noise_lowers_quality() -> None:
    clean, noisy = run().results[0], run("--noise", "typos").results[0]
    assert noisy.macro_f1.estimate < clean.macro_f1.estimate


def test_a_subset_has_fewer_texts(built: Path) -> None:
    path = built / "test.csv"
    lines = path.read_text().splitlines()
    lines[1:4] = [line.replace(",", " :),", 1) for line in lines[1:4]]
    path.write_text("\n".join(lines) + "\n")
    found = run("--subset", "emoji")
    assert (found.source, found.subset, found.texts) == (None, "emoji", 3)


TEACHERS = '\n[teacher.a]\nmodel = "hub/a"\n[teacher.b]\nmodel = "hub/b"\nseeds = [0, 1]\n'


def test_teachers_get_their_folders(built: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = []

    def teacher_of(name: str, settings: object, data: object, folder: Path, **further: Path) -> str:
        made.append((name, settings.model, folder, further["teacher_outputs"]))  # type: ignore[attr-defined]  # settings of a transformer
        return name

    monkeypatch.setattr(evaluate, "teacher_of", teacher_of)
    monkeypatch.setattr(evaluate, "evaluate", lambda *_, teachers, **__: teachers)
    monkeypatch.setattr(evaluate, "table_lines", lambda teachers: teachers)
    path = built / "recipe.toml"
    path.write_text(path.read_text() + TEACHERS)
    folders = ["--teacher", "b=variants", "--teacher-outputs", "outputs", "--checkpoints", "c"]
    assert main([*ARGUMENTS, *WITH_DATA, "--teachers", *folders]) == 0
    assert made == [
        ("a", "hub/a", Path("c"), Path("outputs")),
        ("b", "variants", Path("c"), Path("outputs")),
    ]


def test_teachers_learn_from_the_data_as_it_is(
    built: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    learned, measured = [], []
    monkeypatch.setattr(
        evaluate, "teacher_of", lambda _name, _settings, data, *_, **__: learned.append(data.sha256)
    )
    monkeypatch.setattr(
        evaluate, "evaluate", lambda _paths, data, **__: measured.append(data.sha256)
    )
    monkeypatch.setattr(evaluate, "table_lines", lambda _: [])
    path = built / "recipe.toml"
    path.write_text(path.read_text() + '\n[teacher.a]\nmodel = "hub/a"\n')
    on_dev = [*ARGUMENTS, *WITH_DATA, "--split", "dev", "--teachers"]
    assert main(on_dev) == main([*on_dev, "--noise", "capitals"]) == 0
    assert measured[0] == learned[0] == learned[1] != measured[1]


@pytest.mark.usefixtures("built")
def test_teachers_need_a_recipe_that_has_some(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*ARGUMENTS, *WITH_DATA, "--teachers"]) == 2
    assert "[teacher.NAME]" in capsys.readouterr().err


def test_other_labels_are_refused(built: Path, capsys: pytest.CaptureFixture[str]) -> None:
    recipe = (built / "recipe.toml").read_text()
    other = recipe.replace('test = "test.csv"', 'test = "test.csv"\nlabels = ["a", "b"]')
    (built / "other.toml").write_text(other.replace("csv", "jsonl"))
    for name in ("train", "dev", "test"):
        (built / f"{name}.jsonl").write_text('{"text": "x", "labels": "a"}\n')
    assert main([*ARGUMENTS, "--data", ".", "--recipe", "other.toml"]) == 2
    problem = capsys.readouterr().err
    assert "joy, neutral, sadness" in problem
    assert "a, b" in problem


def test_a_source_takes_the_place_of_the_data(
    built: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = '\n[source.swapped]\nformat = "table"\ntrain = "test.csv"\ndev = "dev.csv"\n'
    path = built / "recipe.toml"
    path.write_text(path.read_text() + source + 'test = "train.csv"\n')
    of_test, of_train = run(), run("--source", "swapped")
    assert len(of_train.results) == len(of_test.results)
    assert of_train.texts != of_test.texts
    assert main([*ARGUMENTS, *WITH_DATA, "--source", "other"]) == 2
    assert "no source other; known: swapped" in capsys.readouterr().err
    assert main([*ARGUMENTS, "--source", "swapped"]) == 2
    assert "--source needs a --recipe" in capsys.readouterr().err


def test_labels_are_joined(built: Path) -> None:
    coarse = (built / "recipe.toml").read_text()
    for name in ("train", "dev", "test"):
        path = built / f"{name}.csv"
        path.with_stem(f"{name}-glad").write_text(path.read_text().replace("sadness", "neutral"))
        coarse = coarse.replace(f"{name}.csv", f"{name}-glad.csv")
    (built / "coarse.toml").write_text(coarse)
    results = run("--recipe", "coarse.toml", "--join", "sadness=neutral").results
    assert list(results[0].labels) == ["joy", "neutral"]
    assert results[0].examples["neutral"] > run().results[0].examples["neutral"]


def test_a_join_without_a_label_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main([*ARGUMENTS, "--join", "sadness"])
    assert "'sadness' is not of the form A=B" in capsys.readouterr().err
