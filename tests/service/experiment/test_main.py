"""The command line: sources, formats, exit status."""

import io
import json
import urllib.request
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
from prometheus_client import generate_latest

from service.experiment.__main__ import main


@pytest.fixture
def page_file(page: str, tmp_path: Path) -> Path:
    path = tmp_path / "metrics.txt"
    path.write_text(page)
    return path


@pytest.fixture
def fetched(monkeypatch: pytest.MonkeyPatch) -> Callable[[bytes], list[str]]:
    """Serves one body at every URL, and lists the requested URLs."""

    def serve(body: bytes) -> list[str]:
        seen: list[str] = []

        def urlopen(url: str, *, timeout: float) -> io.BytesIO:
            assert timeout > 0
            seen.append(url)
            return io.BytesIO(body)

        monkeypatch.setattr(urllib.request, "urlopen", urlopen)
        return seen

    return serve


def test_text(page_file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--metrics", str(page_file)]) == 0
    assert "1.20 ms" in capsys.readouterr().out


def test_json(page_file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--metrics", str(page_file), "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert list(report) == ["control", "sides", "mismatch_p"]
    assert list(report["sides"][1]) == [
        *("variant", "requests", "failed", "expected_share", "seconds", "agreement"),
        *("judged_texts", "macro_f1", "difference", "p_value", "unsure", "judged_unsure"),
    ]
    assert list(report["sides"][1]["macro_f1"]) == ["value", "low", "high"]
    assert report["sides"][1]["requests"] == 100


def test_the_control_is_an_option(page_file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--metrics", str(page_file), "--json", "--control", "b"]) == 0
    assert json.loads(capsys.readouterr().out)["control"] == "b"


def test_a_page_from_standard_input(
    page: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(page))
    assert main(["--metrics", "-"]) == 0
    assert capsys.readouterr().out


def test_a_page_from_a_url(
    page: str, fetched: Callable[[bytes], list[str]], capsys: pytest.CaptureFixture[str]
) -> None:
    seen = fetched(page.encode())
    assert main(["--metrics", "http://service:3000/metrics"]) == 0
    assert seen == ["http://service:3000/metrics"]
    assert capsys.readouterr().out


def test_a_prometheus_server_and_its_span(
    fetched: Callable[[bytes], list[str]], capsys: pytest.CaptureFixture[str]
) -> None:
    seen = fetched(b'{"status": "success", "data": {"result": []}}')
    assert main(["--prometheus", "http://prometheus:9090", "--span", "2h"]) == 2
    assert all(url.startswith("http://prometheus:9090/api/v1/query?") for url in seen)
    assert any("2h" in url for url in seen)
    assert capsys.readouterr().err.startswith("experiment: ")


@pytest.mark.parametrize(
    "arguments",
    [
        ["--metrics", "/no/such/file"],
        ["--metrics", "/dev/null"],
        ["--prometheus", "file:///etc/passwd"],
        ["--metrics", "http://127.0.0.1:1/metrics"],
        ["--metrics", "http://127.0.0.1:port/metrics"],
        ["--prometheus", "http://[::1/"],
    ],
)
def test_a_source_without_metrics_is_status_2(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == 2
    captured = capsys.readouterr()
    assert captured.err.startswith("experiment: ")
    assert captured.out == ""


@pytest.mark.parametrize("arguments", [[], ["--metrics", "-", "--prometheus", "http://p"]])
def test_exactly_one_source_is_required(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as error:
        main(arguments)
    assert error.value.code == 2
    assert "--prometheus" in capsys.readouterr().err


def test_the_services_own_page(
    call: Callable[..., httpx.Response], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    response = call("POST", "/classify", json={"text": "happy"}).json()
    call("POST", "/feedback", json={"receipt": response["receipt"], "labels": ["joy"]})
    path = tmp_path / "metrics.txt"
    path.write_bytes(generate_latest())
    assert main(["--metrics", str(path)]) == 0
    assert "fp32" in capsys.readouterr().out
