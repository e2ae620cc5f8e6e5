"""One page of tables and a plot from what `evaluate` wrote."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from compression.evaluation.recommendations import guide
from compression.evaluation.results import (
    Estimate,
    Evaluation,
    Ratios,
    Result,
    SeedGroup,
    Spread,
    TeacherResult,
)
from compression.metrics.pareto import pareto_front

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
    yield from (
        "# Results",
        "",
        f"{evaluation.split.capitalize()} split, {evaluation.texts:,} texts. Thresholds come from"
        f" the dev split. Intervals are 95 % bootstrap intervals over"
        f" {evaluation.resamples:,} resamples of the texts; differences are paired. Bytes are those"
        " of the one file: vocabulary, word vectors, layers, scales, thresholds and manifest.",
        "",
        f"![macro-F1 against bytes]({PLOT})",
        "",
    )
    if evaluation.by_seed:
        yield from ("## Over seeds", "", *_over_seeds(evaluation.by_seed))
    for teacher in evaluation.teachers:
        yield from ("", f"## Beside {teacher.name}", "", *_beside(teacher, evaluation))
    if sum(group.seeds for group in evaluation.by_seed) == len(evaluation.results):
        yield from ("", "The JSON beside this page has every figure of every seed.")
        return
    if evaluation.by_seed:
        yield ""
    yield from ("## Size and quality", "", *_variants(evaluation), "")
    yield from ("## Which when", "", *guide(evaluation), "")
    yield from ("## Bytes", "", *_bytes(evaluation), "")
    if evaluation.conditions:
        yield from ("## Speed", "", *_speed(evaluation), "")
    yield from ("## What compression alone changes", "", *_comparisons(evaluation), "")
    yield from ("## F1, precision and recall", "", *_averages(evaluation), "", SOURCE, "")
    yield from ("## By label", "", *_labels(evaluation))


def _variants(evaluation: Evaluation) -> Iterator[str]:
    reference = _reference(evaluation)
    yield (
        "A variant is compared with the uncompressed one of its own base, whose name is given in"
        f" brackets where it is not {reference.name}; the rate is {reference.name}'s bytes over its"
        " own."
    )
    yield ""
    yield (
        "| variant | method | bytes | rate | in memory | macro-F1"
        f" | minus {reference.name} | micro-F1 |"
    )
    yield "|---|---|---:|---:|---:|---:|---:|---:|"
    for r in evaluation.results:
        rate = reference.sizes.file / r.sizes.file
        yield (
            f"| {r.name} | {r.method} | {r.sizes.file:,} | {rate:.2f}× | {r.resident_bytes:,}"
            f" | {_with_interval(r.macro_f1)} | {_minus(r, reference)}"
            f" | {_with_interval(r.micro_f1)} |"
        )


def _over_seeds(groups: Sequence[SeedGroup]) -> Iterator[str]:
    yield (
        "Mean ± standard deviation. `layers` leaves vocabulary and token table out, as papers do."
        " The difference is that of the means from the uncompressed variant of the same base and"
        " seed; its interval covers the choice of texts and of seeds."
    )
    yield ""
    yield (
        "| variant | seeds | bytes | layers | macro-F1 | minus its fp32 | micro-F1 |"
        " at 0.5: F1 | P | R |"
    )
    yield "|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|"
    for g in sorted(groups, key=lambda g: -g.file_bytes.mean):
        halves = " | ".join(_spread(g.half[ratio]) for ratio in ("f1", "precision", "recall"))
        yield (
            f"| {g.name} | {g.seeds} | {g.file_bytes.mean:,.0f} | {g.layer_bytes.mean:,.0f}"
            f" | {_spread(g.macro_f1)} | {_signed(g.difference) if g.difference else '–'}"
            f" | {_spread(g.micro_f1)} | {halves} |"
        )


def _beside(teacher: TeacherResult, evaluation: Evaluation) -> Iterator[str]:
    if teacher.together > 1:
        who = f"{teacher.together} fine-tuned transformers, {teacher.file_bytes:,} bytes together"
    elif teacher.by_seed:
        who = (
            f"One fine-tuned transformer of {teacher.file_bytes:,} bytes, mean of several seeds"
            f" (standard deviation {teacher.by_seed.sd:.4f})"
        )
    else:
        who = f"A fine-tuned transformer of {teacher.file_bytes:,} bytes"
    yield (
        f"{who}: macro-F1 {_with_interval(teacher.macro_f1)}, micro-F1"
        f" {_with_interval(teacher.micro_f1)}."
        " What a variant keeps is the ratio of macro-F1, on the same texts in each resample."
    )
    yield ""
    yield "| variant | bytes | times smaller | macro-F1 | keeps |"
    yield "|---|---:|---:|---:|---:|"
    found: dict[str, tuple[float, float]] = {
        r.name: (r.sizes.file, r.macro_f1.estimate) for r in evaluation.results
    }
    found |= {g.name: (g.file_bytes.mean, g.macro_f1.mean) for g in evaluation.by_seed}
    for name, kept in teacher.kept.items():
        file_bytes, macro_f1 = found[name]
        yield (
            f"| {name} | {file_bytes:,.0f} | {teacher.file_bytes / file_bytes:,.0f}×"
            f" | {macro_f1:.4f} | {kept.estimate:.1%} [{kept.low:.1%}, {kept.high:.1%}] |"
        )


def _bytes(evaluation: Evaluation) -> Iterator[str]:
    yield (
        "Bits per weight count the token table, layers and biases. `Shannon` is the file's size if"
        " every code took its entropy, `Huffman` with a Huffman code and its table: what packing"
        " each code alone leaves to gain."
    )
    yield ""
    yield "| variant | bytes | layers only | weights | bits per weight | Shannon | Huffman |"
    yield "|---|---:|---:|---:|---:|---:|---:|"
    for r in evaluation.results:
        s = r.sizes
        yield (
            f"| {r.name} | {s.file:,} | {s.layers:,} | {s.weights:,} | {s.bits_per_weight:.2f}"
            f" | {s.shannon:,} | {s.huffman:,} |"
        )


def _speed(evaluation: Evaluation) -> Iterator[str]:
    c = evaluation.conditions
    if c is None:
        return
    yield (
        f"Microseconds a text from characters to scores, in one process: {c.processor}, {c.cores}"
        f" cores, Python {c.python}, numpy {c.numpy}. Medians over {c.rounds} rounds of"
        f" {c.texts} texts in which the variants took turns; the speed-up is the median of the"
        f" rounds' ratios to {evaluation.reference}."
    )
    yield ""
    yield f"| variant | one at a time | speed-up | {c.batch} at a time | speed-up |"
    yield "|---|---:|---:|---:|---:|"
    for r in evaluation.results:
        if t := r.timing:
            yield (
                f"| {r.name} | {t.alone_us:.1f} | {t.alone_speedup:.2f}× | {t.batched_us:.1f}"
                f" | {t.batched_speedup:.2f}× |"
            )


def _comparisons(evaluation: Evaluation) -> Iterator[str]:
    yield (
        "Each variant has thresholds of its own; what compression alone changes shows at its"
        " reference's thresholds, and in how often the two agree about a label. The intervals"
        " cover the choice of texts, not the seed of training."
    )
    yield ""
    yield "| variant | reference | minus it, same thresholds | agreement | largest score change |"
    yield "|---|---|---:|---:|---:|"
    for r in evaluation.results:
        if r.against:
            yield (
                f"| {r.name} | {r.against.reference}"
                f" | {_signed(r.against.difference_same_thresholds)}"
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
    examples = evaluation.results[0].examples
    yield "F1 under tuned thresholds; the JSON beside this page has precision and recall, too."
    yield ""
    yield "| variant | " + " | ".join(f"{label} ({n:,})" for label, n in examples.items()) + " |"
    yield "|---|" + "---:|" * len(examples)
    for r in evaluation.results:
        yield f"| {r.name} | " + " | ".join(_of_label(r, label) for label in examples) + " |"


def _of_label(result: Result, label: str) -> str:
    f1 = f"{result.labels[label].f1:.3f}"
    found = result.label_f1.get(label)
    return f"{f1} [{found.low:.3f}, {found.high:.3f}]" if found else f1


def _three(ratios: Ratios) -> str:
    return f"{ratios.f1:.3f} | {ratios.precision:.3f} | {ratios.recall:.3f}"


def _with_interval(found: Estimate) -> str:
    return f"{found.estimate:.4f} [{found.low:.4f}, {found.high:.4f}]"


def _minus(result: Result, reference: Result) -> str:
    if result.against is None:
        return "–"
    other = result.against.reference
    return _signed(result.against.difference) + ("" if other == reference.name else f" ({other})")


def _signed(change: Estimate) -> str:
    return f"{change.estimate:+.4f} [{change.low:+.4f}, {change.high:+.4f}]"


def _spread(spread: Spread) -> str:
    return f"{spread.mean:.3f} ± {spread.sd:.3f}"


class _Point(NamedTuple):
    """A variant, or all seeds of one, as a dot."""

    name: str
    file_bytes: float
    layer_bytes: float
    macro_f1: float
    error: list[list[float]]


def _plot(evaluation: Evaluation, path: Path) -> None:
    # Here and not at the top: importing it takes longer than every other command.
    from matplotlib.figure import Figure  # noqa: PLC0415

    points = _points(evaluation)
    # Papers that average over seeds count layers alone; ours and theirs stand side by side.
    both = bool(evaluation.by_seed)
    figure = Figure(figsize=(14 if both else 9, 5.4), layout="constrained")
    axes = figure.subplots(1, 2 if both else 1, sharey=True, squeeze=False)[0]
    for teacher in evaluation.teachers:
        level, size = teacher.macro_f1.estimate, teacher.file_bytes
        axes[0].axhline(level, color="C3", linestyle="--", linewidth=1)
        label = f"{teacher.name}, {size:,} bytes"
        axes[0].annotate(label, (0.01, level), xycoords=("axes fraction", "data"), fontsize=7)
    _scatter(axes[0], points, [p.file_bytes for p in points])
    axes[0].set_xlabel("bytes of the file, all in")
    axes[0].set_ylabel(f"macro-F1, {evaluation.split} split")
    if both:
        _scatter(axes[1], points, [p.layer_bytes for p in points])
        axes[1].set_xlabel("bytes of the layers alone")
    # Without these two the same figures would give different bytes on another day.
    figure.savefig(path, dpi=120, metadata={"Software": None, "Creation Time": None})


def _scatter(axes: Any, points: Sequence[_Point], sizes: Sequence[float]) -> None:
    """Dots with names; those on the Pareto front stand out."""
    front = pareto_front([(size, p.macro_f1) for size, p in zip(sizes, points, strict=True)])
    for i, (size, point) in enumerate(zip(sizes, points, strict=True)):
        best = i in front
        axes.errorbar(
            size,
            point.macro_f1,
            yerr=point.error,
            fmt="o",
            color="C0" if best else "0.6",
            ecolor="0.85",
            markersize=6 if best else 4,
        )
        axes.annotate(
            point.name,
            (size, point.macro_f1),
            xytext=(4, 5 if i % 2 else -10),
            textcoords="offset points",
            fontsize=7,
            color="black" if best else "0.4",
        )
    axes.plot(
        [sizes[i] for i in front],
        [points[i].macro_f1 for i in front],
        color="C0",
        linewidth=1,
        label="Pareto front",
    )
    axes.legend(loc="lower right")
    axes.set_xscale("log")
    axes.margins(x=0.12)
    axes.grid(alpha=0.3, which="both")


def _points(evaluation: Evaluation) -> list[_Point]:
    if evaluation.by_seed:
        return [
            _Point(
                g.name,
                g.file_bytes.mean,
                g.layer_bytes.mean,
                g.macro_f1.mean,
                [[g.macro_f1.sd], [g.macro_f1.sd]],
            )
            for g in evaluation.by_seed
        ]
    return [
        _Point(
            r.name,
            r.sizes.file,
            r.sizes.layers,
            r.macro_f1.estimate,
            [[r.macro_f1.estimate - r.macro_f1.low], [r.macro_f1.high - r.macro_f1.estimate]],
        )
        for r in evaluation.results
    ]


def _reference(evaluation: Evaluation) -> Result:
    return next(r for r in evaluation.results if r.name == evaluation.reference)
