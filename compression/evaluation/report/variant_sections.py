"""Sections with one row, or two, for each variant."""

from collections.abc import Iterator

from compression.evaluation.report.formats import ratio_cells, signed, with_interval
from compression.evaluation.report.markdown import MISSING, Section, Table
from compression.evaluation.results import Evaluation, Result
from compression.evaluation.speed import Conditions

_SURVEY_ROW = (
    "survey [1], base FFNN (936 KB of layers, word vectors not counted)",
    "0.5",
    "0.463",
    "0.630",
    "0.366",
    *[MISSING] * 3,
)
"""Macro averages."""
_SURVEY_TEXTS = {
    "anger": 726,
    "disgust": 123,
    "fear": 98,
    "joy": 2104,
    "neutral": 1787,
    "sadness": 379,
    "surprise": 677,
}
"""Of the survey's test split with each label; figures of other texts do not compare."""
_SURVEY = (
    '[1] Murillo & Su, "A Survey and Compilation of NLP Model Compression Techniques": their base'
    " FFNN on averaged 300-dimensional GloVe vectors, same data and grouping, thresholds at 0.5."
)


def size_and_quality(evaluation: Evaluation) -> Section:
    """Bytes, memory, macro-F1 and micro-F1."""
    reference = next(r for r in evaluation.results if r.name == evaluation.reference)
    name = reference.name
    compared = (
        f"Each variant is compared with {name}."
        if evaluation.common_reference == reference
        else "Each variant is compared with the uncompressed variant of its own base, named in"
        f" brackets unless it is {name}."
    )
    return Section(
        title="Size and quality",
        before=f"{compared} The rate is {name}'s file size over the variant's.",
        table=Table(
            [
                *("variant", "method", "bytes", "rate", "in memory", "macro-F1"),
                *(f"minus {name}", "micro-F1"),
            ],
            [
                [
                    r.name,
                    r.method,
                    f"{r.sizes.file:,}",
                    f"{reference.sizes.file / r.sizes.file:.2f}×",
                    f"{r.resident_bytes:,}",
                    with_interval(r.macro_f1),
                    _difference(r, reference),
                    with_interval(r.micro_f1),
                ]
                for r in evaluation.results
            ],
            text_columns=2,
        ),
    )


def _difference(result: Result, reference: Result) -> str:
    if result.against is None:
        return MISSING
    other = result.against.reference
    return signed(result.against.difference) + ("" if other == reference.name else f" ({other})")


def bytes_by_content(evaluation: Evaluation) -> Section:
    """Bytes of the file and the layers, and bounds of entropy coding."""
    return Section(
        title="File sizes",
        before=(
            "Bits per weight count the token table, layers and biases. `Shannon` is the file size"
            " with every code at its entropy, `Huffman` with a Huffman code and its table. The"
            " difference from the file size is what coding of single codes could still save."
        ),
        table=Table(
            [
                *("variant", "bytes", "layers only", "weights", "bits per weight"),
                *("Shannon", "Huffman"),
            ],
            [
                [
                    r.name,
                    f"{r.sizes.file:,}",
                    f"{r.sizes.layers:,}",
                    f"{r.sizes.weights:,}",
                    f"{r.sizes.bits_per_weight:.2f}",
                    f"{r.sizes.shannon:,}",
                    f"{r.sizes.huffman:,}",
                ]
                for r in evaluation.results
            ],
        ),
    )


def speed(evaluation: Evaluation, conditions: Conditions) -> Section:
    """Microseconds and speed-ups, of single texts and of batches."""
    c = conditions
    timed = [(r.name, r.timing) for r in evaluation.results if r.timing]
    return Section(
        title="Speed",
        before=(
            f"Microseconds for each text, from characters to scores, in one process: {c.processor},"
            f" {c.cores} cores, Python {c.python}, numpy {c.numpy}. Medians over {c.rounds} rounds"
            f" of {c.texts} texts with the variants interleaved. The speed-up is the median of the"
            f" rounds' ratios to {evaluation.reference}."
        ),
        table=Table(
            ["variant", "one at a time", "speed-up", f"{c.batch} at a time", "speed-up"],
            [
                [
                    name,
                    f"{t.alone_us:.1f}",
                    f"{t.alone_speedup:.2f}×",
                    f"{t.batched_us:.1f}",
                    f"{t.batched_speedup:.2f}×",
                ]
                for name, t in timed
            ],
        ),
    )


def effect_of_compression(evaluation: Evaluation) -> Section:
    """Differences from the reference at the same thresholds."""
    compared = [(r.name, r.against) for r in evaluation.results if r.against]
    return Section(
        title="Effect of compression alone",
        before=(
            "Each variant has thresholds of its own. The effect of compression alone is the"
            " difference at the reference's thresholds, and the share of equal decisions"
            " (agreement). Intervals cover the choice of texts, not the seed of training."
        ),
        table=Table(
            [
                *("variant", "reference", "minus it, same thresholds", "agreement"),
                "largest score change",
            ],
            [
                [
                    name,
                    against.reference,
                    signed(against.difference_same_thresholds),
                    f"{against.agreement:.2%}",
                    f"{against.largest_score_change:.4f}",
                ]
                for name, against in compared
            ],
            text_columns=2,
        ),
    )


def averages(evaluation: Evaluation) -> Section:
    """Macro and micro averages at 0.5 and at tuned thresholds, with the survey's on its texts."""
    of_survey = evaluation.results[0].examples == _SURVEY_TEXTS
    return Section(
        title="F1, precision and recall",
        table=Table(
            ["system", "thresholds", "macro F1", "P", "R", "micro F1", "P", "R"],
            [*([_SURVEY_ROW] if of_survey else []), *_average_rows(evaluation)],
            text_columns=2,
        ),
        after=_SURVEY if of_survey else "",
    )


def _average_rows(evaluation: Evaluation) -> Iterator[list[str]]:
    for r in evaluation.results:
        for thresholds, both in (("0.5", r.half), ("tuned", r.tuned)):
            yield [r.name, thresholds, *ratio_cells(both.macro), *ratio_cells(both.micro)]


def labels(evaluation: Evaluation) -> Section:
    """F1 of each label."""
    examples = evaluation.results[0].examples
    return Section(
        title="F1 by label",
        before=(
            "At tuned thresholds, with the number of texts in brackets. The JSON file has precision"
            " and recall, too."
        ),
        table=Table(
            ["variant", *(f"{label} ({n:,})" for label, n in examples.items())],
            [[r.name, *(_label_f1(r, label) for label in examples)] for r in evaluation.results],
        ),
    )


def _label_f1(result: Result, label: str) -> str:
    f1 = f"{result.labels[label].f1:.3f}"
    found = result.label_f1.get(label)
    return f"{f1} [{found.low:.3f}, {found.high:.3f}]" if found else f1
