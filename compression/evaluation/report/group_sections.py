"""Sections about several variants together: means over seeds, and retention of a teacher."""

from collections.abc import Sequence

from compression.evaluation.report.formats import (
    mean_and_deviation,
    percentage,
    signed,
    with_interval,
)
from compression.evaluation.report.markdown import MISSING, Section, Table
from compression.evaluation.results import Evaluation, SeedGroup, TeacherResult

_SEED_TITLES = (
    "variant",
    "seeds",
    "bytes",
    "layers",
    "macro-F1",
    "minus its fp32",
    "micro-F1",
    "ECE",
    "at 0.5: F1",
    "P",
    "R",
)


def means_over_seeds(groups: Sequence[SeedGroup]) -> Section:
    """Mean and spread of each variant over its seeds, largest file first."""
    return Section(
        title="Means over seeds",
        before=(
            "Mean ± standard deviation. `layers` excludes vocabulary and token table, as papers"
            " do. `ECE` is the calibration error, mean over labels. The difference is the mean"
            " difference from the uncompressed variant of the same base and seed; its interval"
            " covers the choice of texts and of seeds."
        ),
        table=Table(
            _SEED_TITLES,
            [_seed_row(g) for g in sorted(groups, key=lambda g: -g.file_bytes.mean)],
        ),
    )


def _seed_row(g: SeedGroup) -> list[str]:
    return [
        g.name,
        str(g.seeds),
        f"{g.file_bytes.mean:,.0f}",
        f"{g.layer_bytes.mean:,.0f}",
        mean_and_deviation(g.macro_f1),
        signed(g.difference) if g.difference else MISSING,
        mean_and_deviation(g.micro_f1),
        mean_and_deviation(g.ece) if g.ece else MISSING,
        *(mean_and_deviation(g.half[ratio]) for ratio in ("f1", "precision", "recall")),
    ]


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
