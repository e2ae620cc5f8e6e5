"""The plain-text tables."""

from compression.evaluation.calibration import Answers
from compression.evaluation.report.terminal import table_lines
from compression.evaluation.results import Evaluation, TeacherResult
from compression.evaluation.single_label import SingleLabelResult


def tables(evaluation: Evaluation) -> list[list[str]]:
    return [table.split("\n") for table in "\n".join(table_lines(evaluation)).split("\n\n")]


def test_columns_are_aligned_and_teachers_come_last(
    evaluation: Evaluation, teacher: TeacherResult
) -> None:
    taught = evaluation.model_copy(update={"teachers": (teacher,)})
    _, titles, *rows = tables(taught)[0]
    names = [row.split()[0] for row in rows]
    assert names == ["fp32", "small.s0", "small.s1", "minilm", "fp32", "small"]
    end = titles.index("bytes") + len("bytes")
    sizes = [result.sizes.file for result in evaluation.results]
    for row, size in zip(rows, [*sizes, 90_000_000], strict=False):
        assert row[:end].endswith(f" {size:,}")
    assert rows[4].split()[2] == "97.1%"


def test_calibration_and_abstention(evaluation: Evaluation) -> None:
    fp32, *others = evaluation.results
    assert fp32.calibration is not None
    assert fp32.abstention is not None
    share = fp32.abstention.right
    answers = Answers(coverage=share, right=share, macro_f1=share)
    abstention = fp32.abstention.model_copy(update={"answers": answers})
    results = (fp32.model_copy(update={"abstention": abstention}), *others)
    _, found = tables(evaluation.model_copy(update={"results": results}))
    titles, first, second, _ = found
    assert len(titles) == len(first) > len(second)
    assert first.split()[1] == f"{fp32.calibration.mean_ece.estimate:.4f}"
    assert first.split()[-3:] == [f"{share.estimate:.1%}"] * 3


def test_single_labels(evaluation: Evaluation) -> None:
    first = evaluation.results[0]
    single = SingleLabelResult(
        texts=3, accuracy=first.macro_f1, macro_f1=first.macro_f1, label_f1={}, ece=first.macro_f1
    )
    results = [r.model_copy(update={"single_label": single}) for r in evaluation.results]
    *_, found = tables(evaluation.model_copy(update={"results": tuple(results)}))
    about, titles, row, *_ = found
    assert "3 texts" in about
    assert len(titles) == len(row)
    assert row.split()[:2] == ["fp32", f"{first.macro_f1.estimate:.4f}"]


def test_older_evaluations_have_one_table(evaluation: Evaluation) -> None:
    older = [
        r.model_copy(update={"calibration": None, "abstention": None}) for r in evaluation.results
    ]
    assert len(tables(evaluation.model_copy(update={"results": tuple(older)}))) == 1
