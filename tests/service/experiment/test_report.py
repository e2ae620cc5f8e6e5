"""The report of an A/B split, from metrics made by hand."""

import json
import math
import urllib.parse
from collections.abc import Callable
from pathlib import Path

import httpx
import numpy as np
import pytest

from service.experiment.__main__ import chi_squared_sf, compare, lines, main
from service.experiment.prometheus import ExperimentError, from_prometheus, from_text

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


def test_by_hand() -> None:
    report = compare(from_text(PAGE))
    a, b = report.sides
    assert (report.control, a.variant, b.variant) == ("a", "a", "b")
    assert (a.requests, a.failed, a.expected_share, b.requests) == (900, 20, 0.9, 100)
    # The 50th of 100 is a fifth into the second bucket; the 99th is beyond the last bound.
    assert a.seconds["p50"] == pytest.approx(0.0012)
    assert a.seconds["p99"] == 0.002
    assert b.seconds["p50"] is None
    assert a.agreement["b"].value == 0.9
    # F1 = 2 * 60 / (2 * 60 + 40) = .75; J is taken as 62 / 104 for the variance.
    assert a.macro_f1 is not None
    assert a.macro_f1.value == pytest.approx(0.75)
    j = 62 / 104
    sd_a = 2 / (1 + j) ** 2 * math.sqrt(j * (1 - j) / 104)
    assert a.macro_f1.high == pytest.approx(0.75 + 1.959964 * sd_a)
    # F1 = 10 / 15; 7 / 14 for the variance. Ten judged labels are too few for a p-value.
    sd_b = 2 / 1.5**2 * math.sqrt(0.25 / 14)
    assert b.difference is not None
    assert b.difference.value == pytest.approx(2 / 3 - 0.75)
    sd = math.hypot(sd_a, sd_b)
    assert b.difference.low == pytest.approx(2 / 3 - 0.75 - 1.959964 * sd)
    assert b.p_value is None
    assert a.difference is None
    assert report.mismatch_p == 1  # just what was asked for


def test_one_judgement_claims_no_certainty() -> None:
    one = PAGE.replace('label="joy",result="tp"} 5', 'label="joy",result="tp"} 1')
    one = one.replace(
        'variant="b",label="joy",result="fp"} 5', 'variant="b",label="joy",result="fp"} 0'
    )
    b = compare(from_text(one)).sides[1]
    assert b.macro_f1 is not None
    assert b.macro_f1.value == b.macro_f1.high == 1
    assert b.macro_f1.low is not None
    assert b.macro_f1.low < 0.7
    assert b.p_value is None


def test_the_difference_is_over_the_labels_that_both_were_judged_on() -> None:
    missed = PAGE.replace('label="fear",result="fn"} 0', 'label="fear",result="fn"} 30')
    a, b = compare(from_text(missed)).sides
    assert a.macro_f1 is not None
    assert a.macro_f1.value == pytest.approx(0.375)
    assert b.difference is not None
    assert b.difference.value == pytest.approx(2 / 3 - 0.75)
    many = PAGE.replace('label="joy",result="tp"} 5.0', 'label="joy",result="tp"} 50.0')
    found = compare(from_text(many)).sides[1]
    assert found.p_value is not None
    assert found.p_value < 0.01


def test_intervals_cover_what_they_should() -> None:
    """The delta method against simulation: 95 % intervals of F1 hold the truth about so often."""
    generator = np.random.default_rng(0)
    covered = 0
    for _ in range(400):
        tp, fp, fn = generator.multinomial(300, (0.5, 0.3, 0.2))
        page = PAGE
        for result, count in (("tp", tp), ("fp", fp), ("fn", fn)):
            page = "\n".join(
                f"{line.rpartition(' ')[0]} {count}"
                if f'variant="a",label="joy",result="{result}"' in line
                else line
                for line in page.splitlines()
            )
        found = compare(from_text(page + "\n")).sides[0].macro_f1
        assert found is not None
        covered += found.low <= 2 * 0.5 / 1.5 <= found.high
    assert 0.92 < covered / 400 < 0.98


@pytest.mark.parametrize(
    ("x", "freedom", "p"),
    [
        (3.841459, 1, 0.05),
        (5.991465, 2, 0.05),
        (7.814728, 3, 0.05),
        (18.307038, 10, 0.05),
        (24.995790, 15, 0.05),
        (10.827566, 1, 0.001),
        (0.0, 4, 1.0),
    ],
)
def test_chi_squared_as_in_the_tables(x: float, freedom: int, p: float) -> None:
    assert chi_squared_sf(x, freedom) == pytest.approx(p, rel=1e-5)


def test_a_split_that_is_not_kept_is_found() -> None:
    skewed = PAGE.replace(
        'variant="b",assignment="split",outcome="ok"} 100',
        'variant="b",assignment="split",outcome="ok"} 160',
    )
    report = compare(from_text(skewed))
    # 954 and 106 were to be expected of 1,060: 54**2 / 954 + 54**2 / 106 = 30.57.
    assert report.mismatch_p == pytest.approx(chi_squared_sf(54**2 / 954 + 54**2 / 106, 1))
    assert any("not split as the policy asks" in line for line in lines(report))
    unasked = PAGE.replace('split_ratio{variant="b"} 0.1', 'split_ratio{variant="b"} 0.0').replace(
        "} 0.9", "} 1.0"
    )
    assert compare(from_text(unasked)).mismatch_p == 0
    unknown = "\n".join(line for line in PAGE.splitlines() if "split_ratio" not in line)
    report = compare(from_text(unknown + "\n"), control="b")
    assert report.mismatch_p is None
    assert report.control == "b"


def test_a_prometheus_server_is_asked_for_growth() -> None:
    seen = []

    def fetch(url: str) -> bytes:
        query = urllib.parse.parse_qs(urllib.parse.urlsplit(url).query)["query"][0]
        seen.append(query)
        result = []
        for family in ("emotion_requests_total", "emotion_split_ratio"):
            if family in query:
                for line in PAGE.splitlines():
                    if line.startswith(family):
                        name, _, value = line.partition(" ")
                        pairs = [p.split("=") for p in name[len(family) + 1 : -1].split(",")]
                        labels = {k: v.strip('"') for k, v in pairs}
                        result.append({"metric": labels, "value": [0, value]})
        return json.dumps({"status": "success", "data": {"result": result}}).encode()

    report = compare(from_prometheus("http://prometheus:9090/", "2h", fetch))
    assert [side.requests for side in report.sides] == [900, 100]
    assert "sum by (variant, assignment, outcome) (increase(emotion_requests_total[2h]))" in seen
    assert len(seen) == 6


@pytest.mark.parametrize(
    "answer", [b"<html>", b"[]", b'{"status":"error","error":"bad span"}', b'{"status":"success"}']
)
def test_answers_that_are_not_prometheus(answer: bytes) -> None:
    with pytest.raises(ExperimentError, match=r"http://p: (not the answer|bad span)"):
        from_prometheus("http://p", "1h", lambda _: answer)


@pytest.mark.parametrize(
    ("page", "problem"),
    [
        ("up 1\n", "no emotion_requests_total"),
        ("<html>not metrics</html>", "metrics"),
        (PAGE.replace('assignment="split"', 'assignment="requested"'), "no request has been split"),
    ],
)
def test_pages_without_an_experiment(
    page: str, problem: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "metrics.txt"
    path.write_text(page)
    assert main(["--metrics", str(path)]) == 2
    captured = capsys.readouterr()
    assert captured.err.startswith("experiment: ")
    assert problem in captured.err
    assert captured.out == ""


def test_a_control_without_a_part_is_refused() -> None:
    with pytest.raises(ExperimentError, match="no variant z in the split; there are: a, b"):
        compare(from_text(PAGE), control="z")


def test_text_and_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "metrics.txt"
    path.write_text(PAGE)
    assert main(["--metrics", str(path)]) == 0
    text = capsys.readouterr().out
    assert "a and its shadow b agree on 90.0% [82.6%, 94.5%]" in text
    assert "b: macro-F1 0.667" in text
    assert "1.20 ms" in text
    assert main(["--metrics", str(path), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["sides"][1]["requests"] == 100


def test_the_services_own_page(
    call: Callable[..., httpx.Response], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from prometheus_client import generate_latest

    answer = call("POST", "/classify", json={"text": "happy"}).json()
    call("POST", "/feedback", json={"receipt": answer["receipt"], "labels": ["joy"]})
    path = tmp_path / "metrics.txt"
    path.write_bytes(generate_latest())
    assert main(["--metrics", str(path)]) == 0
    assert "fp32" in capsys.readouterr().out
