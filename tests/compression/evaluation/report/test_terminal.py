"""The plain-text table."""

from compression.evaluation.report.terminal import table_lines
from compression.evaluation.results import Evaluation, TeacherResult


def test_columns_are_aligned_and_teachers_come_last(
    evaluation: Evaluation, teacher: TeacherResult
) -> None:
    taught = evaluation.model_copy(update={"teachers": (teacher,)})
    _, titles, *rows = table_lines(taught)
    names = [row.split()[0] for row in rows]
    assert names == ["fp32", "small.s0", "small.s1", "minilm", "fp32", "small"]
    end = titles.index("bytes") + len("bytes")
    sizes = [result.sizes.file for result in evaluation.results]
    for row, size in zip(rows, [*sizes, 90_000_000], strict=False):
        assert row[:end].endswith(f" {size:,}")
    assert rows[4].split()[2] == "97.1%"
