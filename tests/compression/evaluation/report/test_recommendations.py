"""The table of needs, on figures with another best variant for almost every need."""

from compression.evaluation.figures import Averages, Estimate, Ratios
from compression.evaluation.report.recommendations import recommendations
from compression.evaluation.results import Comparison, Evaluation, Result
from compression.evaluation.sizes import Sizes
from compression.evaluation.speed import Timing


def result(name: str, size: int, f1: float, *, trains: bool, memory: int, speedup: float) -> Result:
    ratios = Ratios(f1=f1, precision=f1, recall=f1)
    both = Averages(macro=ratios, micro=ratios)
    estimate = Estimate(estimate=f1, low=f1, high=f1)
    minus = Estimate(estimate=f1 - 0.6, low=-1, high=1)
    against = Comparison(
        reference="fp32",
        difference=minus,
        difference_same_thresholds=minus,
        agreement=1,
        largest_score_change=0,
    )
    return Result(
        name=name,
        method=name,
        further_training=trains,
        sizes=Sizes(file=size, layers=1, weights=1, bits_per_weight=1, shannon=size, huffman=size),
        resident_bytes=memory,
        timing=Timing(alone_us=1, batched_us=1, alone_speedup=speedup, batched_speedup=speedup),
        tuned=both,
        half=both,
        labels={"joy": ratios},
        labels_half={"joy": ratios},
        examples={"joy": 1},
        macro_f1=estimate,
        micro_f1=estimate,
        against=None if name == "fp32" else against,
    )


EVALUATION = Evaluation(
    split="dev",
    texts=1,
    reference="fp32",
    resamples=1,
    results=(
        result("fp32", 1000, 0.600, trains=False, memory=900, speedup=1.0),
        result("int8", 300, 0.598, trains=False, memory=800, speedup=0.5),
        result("int1", 60, 0.300, trains=False, memory=700, speedup=0.6),
        result("cqat", 200, 0.603, trains=True, memory=600, speedup=0.9),
        result("apot", 100, 0.596, trains=True, memory=500, speedup=0.8),
        result("tiny", 50, 0.400, trains=True, memory=400, speedup=2.0),
    ),
)


def test_each_need_gets_the_variant_of_its_rule() -> None:
    section = recommendations(EVALUATION)
    variants = [row[1] for row in section.table.rows]
    assert variants == ["cqat", "apot", "int8", "int1", "tiny", "tiny", "tiny"]
    assert section.table.rows[1][2:] == ["100", "0.5960", "-0.0040", "500"]
    assert "tiny, apot, cqat" in section.after


def test_without_timings_no_variant_is_the_fastest() -> None:
    untimed = [r.model_copy(update={"timing": None}) for r in EVALUATION.results]
    section = recommendations(EVALUATION.model_copy(update={"results": untimed}))
    assert len(section.table.rows) == 6
