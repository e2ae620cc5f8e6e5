from compression.evaluation.figures import Estimate, Ratios, Spread
from compression.evaluation.report import formats

ESTIMATE = Estimate(estimate=0.62934, low=0.5, high=0.75)


def test_estimates() -> None:
    assert formats.with_interval(ESTIMATE) == "0.6293 [0.5000, 0.7500]"
    assert formats.percentage(ESTIMATE) == "62.9% [50.0%, 75.0%]"
    difference = Estimate(estimate=-0.25, low=-0.5, high=0.125)
    assert formats.signed(difference) == "-0.2500 [-0.5000, +0.1250]"


def test_spreads_and_ratios() -> None:
    assert formats.mean_and_deviation(Spread(mean=0.5, sd=0.0625)) == "0.500 ± 0.062"
    ratios = Ratios(f1=0.5, precision=1, recall=0.25)
    assert formats.ratio_cells(ratios) == ["0.500", "1.000", "0.250"]
