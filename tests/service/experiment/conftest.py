"""A page of metrics from an experiment whose report is computed by hand in the tests."""

import pytest

PAGE = """
emotion_requests_total{variant="a",assignment="split",outcome="ok"} 880.0
emotion_requests_total{variant="a",assignment="split",outcome="server_error"} 20.0
emotion_requests_total{variant="a",assignment="fallback",outcome="ok"} 7.0
emotion_requests_total{variant="b",assignment="split",outcome="ok"} 100.0
emotion_requests_total{variant="none",assignment="none",outcome="client_error"} 3.0
emotion_split_ratio{variant="a"} 0.9
emotion_split_ratio{variant="b"} 0.1
emotion_split_ratio{variant="c"} 0.0
emotion_request_duration_seconds_bucket{variant="a",le="0.001"} 40.0
emotion_request_duration_seconds_bucket{variant="a",le="0.002"} 90.0
emotion_request_duration_seconds_bucket{variant="a",le="+Inf"} 100.0
emotion_shadow_total{variant="a",shadow="b",result="agree"} 90.0
emotion_shadow_total{variant="a",shadow="b",result="disagree"} 10.0
emotion_shadow_total{variant="a",shadow="b",result="dropped"} 5.0
emotion_feedback_texts_total{variant="a"} 200.0
emotion_feedback_texts_total{variant="b"} 20.0
emotion_feedback_total{variant="a",label="joy",result="tp"} 60.0
emotion_feedback_total{variant="a",label="joy",result="fp"} 20.0
emotion_feedback_total{variant="a",label="joy",result="fn"} 20.0
emotion_feedback_total{variant="a",label="fear",result="tp"} 0.0
emotion_feedback_total{variant="a",label="fear",result="fp"} 0.0
emotion_feedback_total{variant="a",label="fear",result="fn"} 0.0
emotion_feedback_total{variant="b",label="joy",result="tp"} 5.0
emotion_feedback_total{variant="b",label="joy",result="fp"} 5.0
emotion_feedback_total{variant="b",label="joy",result="fn"} 0.0
"""


UNSURE = """
emotion_texts_total{variant="a"} 1200.0
emotion_texts_total{variant="b"} 100.0
emotion_unsure_texts_total{variant="a"} 0.0
emotion_unsure_texts_total{variant="b"} 10.0
emotion_feedback_unsure_texts_total{variant="a"} 0.0
emotion_feedback_unsure_texts_total{variant="b"} 5.0
emotion_shadow_total{variant="a",shadow="b",result="unsure"} 30.0
"""


@pytest.fixture
def page() -> str:
    return PAGE


@pytest.fixture
def page_with_unsure_texts() -> str:
    """The same experiment, in which variant b left texts unanswered."""
    return PAGE + UNSURE
