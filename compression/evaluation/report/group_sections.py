"""Sections about several variants together: means over seeds, and retention of a teacher."""

from collections.abc import Iterator

from compression.evaluation.figures import Estimate
from compression.evaluation.report.formats import (
    mean_and_deviation,
    percentage,
    signed,
    with_interval,
)
from compression.evaluation.report.markdown import MISSING, Section, Table
from compression.evaluation.results import Evaluation, SeedGroup, TeacherResult


def means_over_seeds(evaluation: Evaluation) -> Section:
    """Mean and spread of each variant over its seeds, largest file first."""
    groups, common = evaluation.by_seed, evaluation.common_reference
    other = common.name if common else "the uncompressed variant of the same base and seed"
    minus = f"minus {common.name}" if common else "minus its fp32"
    single = any(g.accuracy for g in groups)
    titles = ["variant", "seeds", "bytes", "layers", "macro-F1", minus, "micro-F1", "ECE"]
    titles += ["accuracy", minus] if single else []
    about = " `accuracy` is of the texts with exactly one label." if single else ""
    return Section(
        title="Means over seeds",
        before=(
            "Mean ± standard deviation. `layers` excludes vocabulary and token table, as papers"
            f" do. `ECE` is the calibration error, mean over labels.{about} The difference is the"
            f" mean difference from {other}; its interval covers the choice of texts and of seeds."
        ),
        table=Table(
            [*titles, "at 0.5: F1", "P", "R"],
            [_seed_row(g, single=single) for g in sorted(groups, key=lambda g: -g.file_bytes.mean)],
        ),
    )


def _seed_row(g: SeedGroup, *, single: bool) -> list[str]:
    return [
        g.name,
        str(g.seeds),
        f"{g.file_bytes.mean:,.0f}",
        f"{g.layer_bytes.mean:,.0f}",
        mean_and_deviation(g.macro_f1),
        _signed(g.difference),
        mean_and_deviation(g.micro_f1),
        mean_and_deviation(g.ece) if g.ece else MISSING,
        *(_accuracy(g) if single else ()),
        *(mean_and_deviation(g.half[ratio]) for ratio in ("f1", "precision", "recall")),
    ]


def _accuracy(g: SeedGroup) -> Iterator[str]:
    yield mean_and_deviation(g.accuracy) if g.accuracy else MISSING
    yield _signed(g.accuracy_difference)


def _signed(difference: Estimate | None) -> str:
    return signed(difference) if difference else MISSING


def retention(teacher: TeacherResult, evaluation: Evaluation) -> Section:
    """The share of a teacher's macro-F1 that each variant retains."""
    figures = _sizes_and_f1(evaluation)
    return Section(
        title=f"Retention of {teacher.name}",
        before=(
            f"{_description(teacher)}: macro-F1 {with_interval(teacher.macro_f1)}, micro-F1"
            f" {with_interval(teacher.micro_f1)}. `keeps` is the ratio of a variant's macro-F1 to"
            " the teacher's, on the same texts in each resample."
        ),
        table=Table(
            ["variant", "bytes", "times smaller", "macro-F1", "keeps"],
            [
                [
                    name,
                    f"{figures[name][0]:,.0f}",
                    f"{teacher.file_bytes / figures[name][0]:,.0f}×",
                    f"{figures[name][1]:.4f}",
                    percentage(share),
                ]
                for name, share in teacher.kept.items()
            ],
        ),
    )


def _sizes_and_f1(evaluation: Evaluation) -> dict[str, tuple[float, float]]:
    """File size and macro-F1 of each variant and of each mean over seeds."""
    variants = {r.name: (r.sizes.file, r.macro_f1.estimate) for r in evaluation.results}
    means = {g.name: (g.file_bytes.mean, g.macro_f1.mean) for g in evaluation.by_seed}
    return variants | means


def _description(teacher: TeacherResult) -> str:
    if teacher.together > 1:
        return (
            f"An ensemble of {teacher.together} fine-tuned transformers, {teacher.file_bytes:,}"
            " bytes in total"
        )
    single = f"A fine-tuned transformer of {teacher.file_bytes:,} bytes"
    if teacher.by_seed:
        return f"{single}, mean of several seeds (standard deviation {teacher.by_seed.sd:.4f})"
    return single
