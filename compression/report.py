"""One table and one plot from what `evaluate` wrote."""

from collections.abc import Iterator
from pathlib import Path

from compression.evaluate import Estimate, Evaluation, Ratios, Result

PLOT = "results.png"
TABLE = "results.md"
SURVEY = {"f1": 0.463, "precision": 0.63, "recall": 0.366}
"""Base FFNN of Murillo & Su at threshold 0.5, macro averages on the same test split."""

SOURCE = (
    '[1] Murillo & Su, "A Survey and Compilation of NLP Model Compression Techniques": their base'
    " FFNN on averaged 300-dimensional GloVe vectors, same data and grouping, thresholds at 0.5."
)


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
    yield from _comparisons(evaluation)
    yield ""
    yield "## F1, precision and recall"
    yield ""
    yield from _averages(evaluation)
    yield ""
    yield SOURCE
    yield ""
    yield "## By label"
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
        f1, rate = r.macro_f1, reference.file_bytes / r.file_bytes
        minus = _signed(r.against.difference) if r.against else "–"
        yield (
            f"| {r.name} | {r.method} | {r.file_bytes:,} | {rate:.2f}× | {r.resident_bytes:,}"
            f" | {f1.estimate:.4f} [{f1.low:.4f}, {f1.high:.4f}] | {minus}"
            f" | {r.tuned.micro.f1:.4f} |"
        )


def _comparisons(evaluation: Evaluation) -> Iterator[str]:
    name = evaluation.reference
    yield (
        f"Each variant has thresholds of its own; what quantisation alone changes shows at {name}'s"
        " thresholds, and in how often the two agree about a label. The intervals cover the choice"
        " of texts, not the seed of training."
    )
    yield ""
    yield f"| variant | minus {name}, its thresholds | agreement | largest change of a score |"
    yield "|---|---:|---:|---:|"
    for r in evaluation.results:
        if r.against:
            yield (
                f"| {r.name} | {_signed(r.against.difference_same_thresholds)}"
                f" | {r.against.agreement:.2%} | {r.against.largest_score_change:.4f} |"
            )


def _averages(evaluation: Evaluation) -> Iterator[str]:
    yield "| system | thresholds | macro F1 | P | R | micro F1 | P | R |"
    yield "|---|---|---:|---:|---:|---:|---:|---:|"
    yield (
        "| survey [1], base FFNN (936 KB of layers, word vectors not counted) | 0.5"
        f" | {SURVEY['f1']:.3f} | {SURVEY['precision']:.3f} | {SURVEY['recall']:.3f} | – | – | – |"
    )
    for r in evaluation.results:
        for thresholds, averages in (("0.5", r.half), ("tuned", r.tuned)):
            figures = " | ".join(map(_three, (averages.macro, averages.micro)))
            yield f"| {r.name} | {thresholds} | {figures} |"


def _labels(evaluation: Evaluation) -> Iterator[str]:
    yield "| label | examples | variant | tuned F1 | P | R | at 0.5 F1 | P | R |"
    yield "|---|---:|---|---:|---:|---:|---:|---:|---:|"
    for label, count in evaluation.results[0].examples.items():
        for r in evaluation.results:
            figures = " | ".join(map(_three, (r.labels[label], r.labels_half[label])))
            yield f"| {label} | {count:,} | {r.name} | {figures} |"


def _three(ratios: Ratios) -> str:
    return f"{ratios.f1:.3f} | {ratios.precision:.3f} | {ratios.recall:.3f}"


def _signed(change: Estimate) -> str:
    return f"{change.estimate:+.4f} [{change.low:+.4f}, {change.high:+.4f}]"


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
