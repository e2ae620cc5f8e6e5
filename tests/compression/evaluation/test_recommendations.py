"""The table of needs, on figures made up so that every row has another answer."""

from hypothesis import given
from hypothesis import strategies as st

from compression.evaluation.recommendations import guide
from compression.evaluation.results import (
    Averages,
    Comparison,
    Estimate,
    Evaluation,
    Ratios,
    Result,
)
from compression.evaluation.sizes import Sizes
from compression.evaluation.speed import Timing
from compression.metrics.pareto import pareto_front


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


def test_each_need_gets_what_its_row_says() -> None:
    rows = [line.split(" | ") for line in guide(EVALUATION) if line.startswith("| ")][1:]
    assert [row[1] for row in rows] == ["cqat", "apot", "int8", "int1", "tiny", "tiny", "tiny"]
    assert list(guide(EVALUATION))[-1].endswith("smallest first: tiny, apot, cqat.")


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), max_size=12))
def test_the_front_is_what_nothing_beats(points: list[tuple[int, int]]) -> None:
    front = {points[i] for i in pareto_front(points)}

    def beaten(point: tuple[int, int]) -> bool:
        return any(
            other != point and other[0] <= point[0] and other[1] >= point[1] for other in points
        )

    assert front == {point for point in points if not beaten(point)}
