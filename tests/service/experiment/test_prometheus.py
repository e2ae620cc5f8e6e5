"""Reading counters from a page of metrics and from a Prometheus server."""

import json
import urllib.parse
from collections.abc import Callable

import pytest

from service.experiment.prometheus import ExperimentError, from_prometheus, from_text


def test_totals_and_values_of_a_page(page: str) -> None:
    metrics = from_text(page)
    assert metrics.total("emotion_requests_total", variant="a", assignment="split") == 900
    assert metrics.total("emotion_requests_total", variant="a") == 907
    assert metrics.total("emotion_requests_total", variant="z") == 0
    assert metrics.total("emotion_no_such_total") == 0
    assert metrics.values("emotion_split_ratio", "variant") == ["a", "b", "c"]
    assert metrics.values("emotion_requests_total", "variant", assignment="split") == ["a", "b"]
    assert metrics.values("emotion_requests_total", "no such label") == []


def test_other_metrics_of_a_page_are_left_out(page: str) -> None:
    metrics = from_text(page + 'process_open_fds{variant="a"} 7.0\n')
    assert metrics.values("process_open_fds", "variant") == []


@pytest.mark.parametrize("page", ["up 1\n", "<html>not metrics</html>", ""])
def test_other_pages_are_refused(page: str) -> None:
    with pytest.raises(ExperimentError, match="metrics"):
        from_text(page)


def responses(page: str, seen: list[str]) -> Callable[[str], bytes]:
    """A Prometheus server that answers each query with the page's series of that metric."""

    def fetch(url: str) -> bytes:
        address = urllib.parse.urlsplit(url)
        assert (address.netloc, address.path) == ("prometheus:9090", "/api/v1/query")
        query = urllib.parse.parse_qs(address.query)["query"][0]
        seen.append(query)
        result = []
        for line in page.splitlines():
            name, _, value = line.rpartition(" ")
            family, _, labels = name.rstrip("}").partition("{")
            if family and family in query:
                pairs = (pair.split("=") for pair in labels.split(","))
                metric = {"__name__": family} | {k: v.strip('"') for k, v in pairs}
                result.append({"metric": metric, "value": [0, value]})
        return json.dumps({"status": "success", "data": {"result": result}}).encode()

    return fetch


def test_a_server_is_asked_for_the_increase(page: str) -> None:
    seen: list[str] = []
    metrics = from_prometheus("http://prometheus:9090/", "2h", responses(page, seen))
    assert metrics.total("emotion_requests_total", variant="a", assignment="split") == 900
    assert metrics.values("emotion_split_ratio", "variant") == ["a", "b", "c"]
    assert seen == [
        "sum by (variant, assignment, outcome) (increase(emotion_requests_total[2h]))",
        "sum by (variant, le) (increase(emotion_request_duration_seconds_bucket[2h]))",
        "sum by (variant, shadow, result) (increase(emotion_shadow_total[2h]))",
        "sum by (variant, label, result) (increase(emotion_feedback_total[2h]))",
        "sum by (variant) (increase(emotion_feedback_texts_total[2h]))",
        "sum by (variant) (increase(emotion_feedback_unsure_texts_total[2h]))",
        "sum by (variant) (increase(emotion_texts_total[2h]))",
        "sum by (variant) (increase(emotion_unsure_texts_total[2h]))",
        "max by (variant) (emotion_split_ratio)",
    ]


def test_a_failed_query_reports_the_servers_reason() -> None:
    with pytest.raises(ExperimentError, match=r"^http://p: bad span$"):
        from_prometheus("http://p", "1h", lambda _: b'{"status":"error","error":"bad span"}')


@pytest.mark.parametrize(
    "body",
    [
        b"<html>",
        b"[]",
        b'{"status":"success"}',
        b'{"status":"success","data":{"result":[{"metric":{}}]}}',
        b'{"status":"success","data":{"result":[{"metric":{},"value":[0,"x"]}]}}',
        b"\xff",
    ],
)
def test_a_response_of_something_else_is_refused(body: bytes) -> None:
    with pytest.raises(ExperimentError, match=r"^http://p: "):
        from_prometheus("http://p", "1h", lambda _: body)
