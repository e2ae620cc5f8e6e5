"""Reading of samples from the Prometheus text format."""

from benchmarks.harness.metrics import parse_samples

PAGE = """\
# TYPE emotion_requests counter
emotion_requests_total{variant="nano",outcome="ok"} 3.0
emotion_requests_total{outcome="client_error",variant="a \\"b\\", c"} 1e3
# TYPE emotion_process_resident_bytes gauge
emotion_process_resident_bytes 117080064
"""


def test_samples_of_one_name_are_read() -> None:
    assert parse_samples(PAGE, "emotion_requests_total") == [
        ({"variant": "nano", "outcome": "ok"}, 3.0),
        ({"variant": 'a "b", c', "outcome": "client_error"}, 1000.0),
    ]
    assert parse_samples(PAGE, "emotion_process_resident_bytes") == [({}, 117_080_064.0)]
    assert parse_samples(PAGE, "emotion_requests") == []
