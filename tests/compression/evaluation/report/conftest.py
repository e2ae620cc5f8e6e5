"""A teacher's result."""

import pytest

from compression.evaluation.figures import Estimate
from compression.evaluation.results import Evaluation, TeacherResult


@pytest.fixture
def teacher(evaluation: Evaluation) -> TeacherResult:
    """Of 90 MB; `fp32` and `small` retain 97.1 %."""
    first = evaluation.results[0]
    share = Estimate(estimate=0.971, low=0.95, high=0.99)
    return TeacherResult(
        name="minilm",
        file_bytes=90_000_000,
        tuned=first.tuned,
        half=first.half,
        labels=first.labels,
        macro_f1=Estimate(estimate=0.64, low=0.6, high=0.7),
        micro_f1=first.micro_f1,
        kept={"fp32": share, "small": share},
    )
