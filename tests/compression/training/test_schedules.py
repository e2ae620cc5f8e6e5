import math
from collections.abc import Callable

import pytest

from compression.training.schedules import cosine_decay, linear_decay


@pytest.mark.parametrize("schedule", [cosine_decay, linear_decay])
@pytest.mark.parametrize(
    ("progress", "rate"), [(0.0, 0.0), (0.1, 1.0), (0.2, 2.0), (0.6, 1.0), (1.0, 0.0)]
)
def test_warm_up_peak_half_way_and_end(
    schedule: Callable[..., float], progress: float, rate: float
) -> None:
    assert math.isclose(schedule(2.0, progress, warmup=0.2), rate, abs_tol=1e-12)


def test_the_cosine_is_above_the_line_first_and_below_it_later() -> None:
    assert cosine_decay(1.0, 0.25, warmup=0) > linear_decay(1.0, 0.25, warmup=0.1)
    assert cosine_decay(1.0, 0.75, warmup=0) < linear_decay(1.0, 0.75, warmup=0.1)


def test_without_warm_up_training_starts_at_the_peak() -> None:
    assert cosine_decay(2.0, 0.0, warmup=0) == 2
