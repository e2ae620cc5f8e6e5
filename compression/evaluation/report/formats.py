"""Formats figures for tables."""

from compression.evaluation.figures import Estimate, Ratios, Spread


def with_interval(figure: Estimate) -> str:
    """`0.6293 [0.6115, 0.6478]`."""
    return f"{figure.estimate:.4f} {interval(figure)}"


def interval(figure: Estimate) -> str:
    """`[0.6115, 0.6478]`."""
    return f"[{figure.low:.4f}, {figure.high:.4f}]"


def signed(difference: Estimate) -> str:
    """`-0.0008 [-0.0098, +0.0081]`."""
    return f"{difference.estimate:+.4f} [{difference.low:+.4f}, {difference.high:+.4f}]"


def percentage(share: Estimate) -> str:
    """`97.3% [95.7%, 98.9%]`."""
    return f"{share.estimate:.1%} [{share.low:.1%}, {share.high:.1%}]"


def mean_and_deviation(spread: Spread) -> str:
    """`0.629 ± 0.002`."""
    return f"{spread.mean:.3f} ± {spread.sd:.3f}"


def ratio_cells(ratios: Ratios) -> list[str]:
    """F1, precision and recall, a cell each."""
    return [f"{ratio:.3f}" for ratio in (ratios.f1, ratios.precision, ratios.recall)]
