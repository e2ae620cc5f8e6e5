"""One table and one plot from what `evaluate` wrote."""

from collections.abc import Iterator
from pathlib import Path

from compression.evaluate import Evaluation, Result

PLOT = "results.png"
TABLE = "results.md"
SURVEY = {"f1": 0.463, "precision": 0.63, "recall": 0.366}
"""Base FFNN of Murillo & Su at threshold 0.5, macro averages on the same test split."""


def report(evaluation: Evaluation, folder: Path) -> list[Path]:
    """Write `results.md` and `results.png`.

    Returns:
        The files written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    page, picture = folder / TABLE, folder / PLOT
    page.write_text("\n".join(_page(evaluation)) + "\n", encoding="utf-8")
    _plot(evaluation, picture)
    return [page, picture]


def _page(evaluation: Evaluation) -> Iterator[str]:
    yield "# Results"
    yield ""
    yield (
        f"{evaluation.split.capitalize()} split, {evaluation.texts:,} texts. Thresholds come from"
        f" the dev split. Intervals are 95 % bootstrap intervals over"
        f" {evaluation.resamples:,} resamples of the texts; differences are paired. Bytes are those"
        " of the one file: vocabulary, word vectors, layers, scales, thresholds and manifest."
    )
    yield ""
    yield f"![macro-F1 against bytes]({PLOT})"
    yield ""
    yield from _variants(evaluation)
    yield ""
    yield "## At threshold 0.5, beside the survey"
    yield ""
    yield from _at_half(evaluation)
    yield ""
    yield "## By label, tuned thresholds"
    yield ""
    yield from _labels(evaluation)


def _variants(evaluation: Evaluation) -> Iterator[str]:
    reference = _reference(evaluation)
    yield (
        "| variant | method | bytes | rate | in memory | macro-F1"
        f" | minus {reference.name} | micro-F1 |"
    )
    yield "|---|---|---:|---:|---:|---:|---:|---:|"
    for r in evaluation.results:
        f1, change = r.macro_f1, r.difference
        minus = f"{change.estimate:+.4f} [{change.low:+.4f}, {change.high:+.4f}]" if change else "–"
        rate = reference.file_bytes / r.file_bytes
        yield (
            f"| {r.name} | {r.method} | {r.file_bytes:,} | {rate:.2f}× | {r.resident_bytes:,}"
            f" | {f1.estimate:.4f} [{f1.low:.4f}, {f1.high:.4f}] | {minus}"
            f" | {r.tuned.micro.f1:.4f} |"
        )


def _at_half(evaluation: Evaluation) -> Iterator[str]:
    yield "| system | F1 | precision | recall |"
    yield "|---|---:|---:|---:|"
    yield (
        f"| survey, base FFNN (936 KB of layers, word vectors not counted) | {SURVEY['f1']:.3f}"
        f" | {SURVEY['precision']:.3f} | {SURVEY['recall']:.3f} |"
    )
    for r in evaluation.results:
        half = r.half.macro
        yield f"| {r.name} | {half.f1:.3f} | {half.precision:.3f} | {half.recall:.3f} |"


def _labels(evaluation: Evaluation) -> Iterator[str]:
    names = [r.name for r in evaluation.results]
    yield f"| label | examples | {' | '.join(names)} |"
    yield f"|---|---:|{'---:|' * len(names)}"
    for label, count in evaluation.results[0].examples.items():
        figures = " | ".join(f"{r.labels[label].f1:.3f}" for r in evaluation.results)
        yield f"| {label} | {count:,} | {figures} |"


def _plot(evaluation: Evaluation, path: Path) -> None:
    # Here and not at the top: importing it takes longer than every other command.
    from matplotlib.figure import Figure  # noqa: PLC0415

    figure = Figure(figsize=(7, 4.2), layout="constrained")
    axes = figure.subplots()
    for r in evaluation.results:
        error = [[r.macro_f1.estimate - r.macro_f1.low], [r.macro_f1.high - r.macro_f1.estimate]]
        axes.errorbar(r.file_bytes, r.macro_f1.estimate, yerr=error, fmt="o", capsize=3)
        axes.annotate(
            r.name,
            (r.file_bytes, r.macro_f1.estimate),
            xytext=(6, 6),
            textcoords="offset points",
        )
    axes.set_xscale("log")
    axes.set_xlabel("bytes of the file, all in")
    axes.set_ylabel(f"macro-F1, {evaluation.split} split")
    axes.margins(x=0.15)
    axes.grid(alpha=0.3, which="both")
    # Without these two the same figures would give different bytes on another day.
    figure.savefig(path, dpi=120, metadata={"Software": None, "Creation Time": None})


def _reference(evaluation: Evaluation) -> Result:
    return next(r for r in evaluation.results if r.name == evaluation.reference)
