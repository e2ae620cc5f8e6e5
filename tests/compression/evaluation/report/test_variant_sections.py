"""The tables of variants have the figures of the evaluation."""

from compression.evaluation.report import variant_sections
from compression.evaluation.report.formats import signed, with_interval
from compression.evaluation.results import Evaluation

EKMAN_AND_NEUTRAL = ("anger", "disgust", "fear", "joy", "neutral", "sadness", "surprise")


def test_size_and_quality(evaluation: Evaluation) -> None:
    fp32, small, _ = evaluation.results
    rows = variant_sections.size_and_quality(evaluation).table.rows
    assert rows[0] == [
        *("fp32", "fp32", f"{fp32.sizes.file:,}", "1.00×", f"{fp32.resident_bytes:,}"),
        *(with_interval(fp32.macro_f1), "–", with_interval(fp32.micro_f1)),
    ]
    assert small.against is not None
    assert rows[1][-2] == signed(small.against.difference)


def test_another_reference_is_named(evaluation: Evaluation) -> None:
    other = evaluation.model_copy(update={"reference": "small.s0"})
    table = variant_sections.size_and_quality(other).table
    assert table.titles[-2] == "minus small.s0"
    assert table.rows[2][-2].endswith("(fp32)")


def test_one_reference_of_all(evaluation: Evaluation) -> None:
    assert evaluation.common_reference == evaluation.results[0]
    assert "compared with fp32." in variant_sections.size_and_quality(evaluation).before
    other = evaluation.model_copy(update={"reference": "small.s0"})
    assert "own base" in variant_sections.size_and_quality(other).before


def test_file_sizes(evaluation: Evaluation) -> None:
    sizes = evaluation.results[1].sizes
    assert variant_sections.bytes_by_content(evaluation).table.rows[1] == [
        "small.s0",
        *(f"{size:,}" for size in (sizes.file, sizes.layers, sizes.weights)),
        f"{sizes.bits_per_weight:.2f}",
        *(f"{size:,}" for size in (sizes.shannon, sizes.huffman)),
    ]


def test_speed(evaluation: Evaluation) -> None:
    timing = evaluation.results[0].timing
    assert timing is not None
    assert evaluation.conditions is not None
    section = variant_sections.speed(evaluation, evaluation.conditions)
    assert section.table.rows[0] == [
        *("fp32", f"{timing.alone_us:.1f}", "1.00×", f"{timing.batched_us:.1f}", "1.00×")
    ]
    assert evaluation.conditions.numpy in section.before


def test_the_reference_has_no_row_about_compression(evaluation: Evaluation) -> None:
    rows = variant_sections.effect_of_compression(evaluation).table.rows
    against = evaluation.results[1].against
    assert against is not None
    assert [row[:2] for row in rows] == [["small.s0", "fp32"], ["small.s1", "fp32"]]
    assert rows[0][3:] == [f"{against.agreement:.2%}", f"{against.largest_score_change:.4f}"]


def test_averages_at_both_thresholds(evaluation: Evaluation) -> None:
    rows = variant_sections.averages(evaluation).table.rows
    assert [row[1] for row in rows] == ["0.5", "tuned"] * 3
    tuned = evaluation.results[0].tuned
    assert rows[1][2] == f"{tuned.macro.f1:.3f}"
    assert rows[1][-1] == f"{tuned.micro.recall:.3f}"


def test_the_survey_is_compared_on_its_own_texts(evaluation: Evaluation) -> None:
    counts = (726, 123, 98, 2104, 1787, 379, 677)
    examples = dict(zip(EKMAN_AND_NEUTRAL, counts, strict=True))
    first = evaluation.results[0].model_copy(update={"examples": examples})
    section = variant_sections.averages(evaluation.model_copy(update={"results": (first,)}))
    assert [row[0][:6] for row in section.table.rows] == ["survey", "fp32", "fp32"]
    assert "Murillo" in section.after


def test_labels_with_and_without_intervals(evaluation: Evaluation) -> None:
    table = variant_sections.labels(evaluation).table
    assert table.titles == ["variant", "joy (2)", "sadness (1)", "neutral (1)"]
    joy = evaluation.results[0].label_f1["joy"]
    assert table.rows[0][1] == f"{joy.estimate:.3f} [{joy.low:.3f}, {joy.high:.3f}]"
    older = [r.model_copy(update={"label_f1": {}}) for r in evaluation.results]
    rows = variant_sections.labels(evaluation.model_copy(update={"results": older})).table.rows
    assert rows[0][1] == f"{joy.estimate:.3f}"
