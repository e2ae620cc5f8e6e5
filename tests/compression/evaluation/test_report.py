"""The page: which sections it has, and that its figures are the evaluation's."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from compression.data.dataset import Dataset, Split
from compression.evaluation.report import report
from compression.evaluation.results import Estimate, Evaluation, Spread, TeacherResult
from compression.evaluation.run import evaluate
from edgemood import Artifact

LABELS = ("joy", "sadness", "neutral")
TEXTS = ("happy happy", "sad", "i am", "am i sad")
TARGETS = np.array([[1, 0, 0], [0, 1, 0], [0, 0, 1], [0, 1, 0]], dtype=bool)


@pytest.fixture
def evaluated(artifact: Artifact, tmp_path: Path) -> Evaluation:
    split = Split(TEXTS, TARGETS)
    data = Dataset(LABELS, {"train": split, "dev": split})
    paths = [tmp_path / f"{name}.safetensors" for name in ("fp32", "small.s0", "small.s1")]
    for path, threshold in zip(paths, (0.5, 0.4, 0.9), strict=True):
        artifact.with_manifest(name=path.stem, thresholds=(threshold,) * 3).save(path)
    return evaluate(paths, data, split="dev", timed=True)


def test_every_section_is_there(evaluated: Evaluation, tmp_path: Path) -> None:
    page, plot = report(evaluated, tmp_path / "docs")
    text = page.read_text(encoding="utf-8")
    titles = [line for line in text.splitlines() if line.startswith("#")]
    assert titles == [
        "# Results",
        "## Over seeds",
        "## Size and quality",
        "## Which when",
        "## Bytes",
        "## Speed",
        "## What compression alone changes",
        "## F1, precision and recall",
        "## By label",
    ]
    first, second = evaluated.results[:2]
    assert f"| fp32 | fp32 | {first.sizes.file:,} | 1.00× |" in text
    assert f"| {second.sizes.shannon:,} | {second.sizes.huffman:,} |" in text
    assert first.timing is not None
    assert f"| fp32 | {first.timing.alone_us:.1f} | 1.00× |" in text
    (group,) = evaluated.by_seed
    assert f"{group.macro_f1.mean:.3f} ± {group.macro_f1.sd:.3f}" in text
    assert plot.read_bytes().startswith(b"\x89PNG")


def a_teacher(evaluated: Evaluation, **facts: Any) -> TeacherResult:
    first = evaluated.results[0]
    return TeacherResult(
        name="minilm",
        tuned=first.tuned,
        half=first.half,
        labels=first.labels,
        macro_f1=Estimate(estimate=0.64, low=0.6, high=0.7),
        micro_f1=first.micro_f1,
        **facts,
    )


def test_what_students_keep_of_a_teacher_has_a_section(
    evaluated: Evaluation, tmp_path: Path
) -> None:
    first = evaluated.results[0]
    share = Estimate(estimate=0.971, low=0.95, high=0.99)
    kept = {"fp32": share, "small": share}
    teacher = a_teacher(evaluated, file_bytes=90_000_000, kept=kept)
    page, _ = report(evaluated.model_copy(update={"teachers": (teacher,)}), tmp_path)
    text = page.read_text(encoding="utf-8")
    assert "## Beside minilm" in text
    assert "of 90,000,000 bytes: macro-F1 0.6400 [0.6000, 0.7000]" in text
    times = f"{90_000_000 / first.sizes.file:,.0f}×"
    figures = f"| fp32 | {first.sizes.file:,} | {times} | {first.macro_f1.estimate:.4f} |"
    assert f"{figures} 97.1% [95.0%, 99.0%] |" in text
    (group,) = evaluated.by_seed
    assert f"| small | {group.file_bytes.mean:,.0f} |" in text


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ({"together": 3}, "3 fine-tuned transformers, 900 bytes together: macro-F1 0.6400"),
        (
            {"by_seed": Spread(mean=0.64, sd=0.005)},
            "of 900 bytes, mean of several seeds (standard deviation 0.0050): macro-F1 0.6400",
        ),
    ],
)
def test_teachers_together_and_alone(
    facts: dict[str, Any], expected: str, evaluated: Evaluation, tmp_path: Path
) -> None:
    teacher = a_teacher(evaluated, file_bytes=900, kept={}, **facts)
    page, _ = report(evaluated.model_copy(update={"teachers": (teacher,)}), tmp_path)
    assert expected in page.read_text(encoding="utf-8")


def test_a_file_read_back_gives_the_same_page(evaluated: Evaluation, tmp_path: Path) -> None:
    evaluated.write(tmp_path / "results.json")
    again = Evaluation.read(tmp_path / "results.json")
    pages = [report(e, tmp_path / name) for name, e in (("one", evaluated), ("two", again))]
    for one, two in zip(*pages, strict=True):
        assert one.read_bytes() == two.read_bytes()


def test_columns_match_their_headers(evaluated: Evaluation, tmp_path: Path) -> None:
    page, _ = report(evaluated, tmp_path)
    lines = page.read_text(encoding="utf-8").splitlines()
    for i, line in enumerate(lines):
        if line.startswith("|---"):
            columns = line.count("|")
            rows = [lines[i - 1]]
            for row in lines[i + 1 :]:
                if not row.startswith("|"):
                    break
                rows.append(row)
            assert len(rows) > 1
            assert {row.count("|") for row in rows} == {columns}


def test_a_page_over_seeds_is_about_seeds_alone(evaluated: Evaluation, tmp_path: Path) -> None:
    seeded = tuple(r for r in evaluated.results if r.name != "fp32")
    page, _ = report(evaluated.model_copy(update={"results": seeded}), tmp_path)
    titles = [line for line in page.read_text().splitlines() if line.startswith("#")]
    assert titles == ["# Results", "## Over seeds"]
