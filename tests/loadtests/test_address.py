"""Spellings of the service's address, and what is said of those that cannot be used."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from loadtests.address import AddressError, read_page, service_url
from loadtests.server_metrics import read_counts


@pytest.mark.parametrize(
    ("address", "url"),
    [
        ("http://localhost:3900", "http://localhost:3900"),
        ("http://localhost:3900/", "http://localhost:3900"),
        ("http://localhost:3900///", "http://localhost:3900"),
        ("localhost:3900", "http://localhost:3900"),
        (" localhost:3900/ ", "http://localhost:3900"),
        ("example.org", "http://example.org"),
        ("https://example.org/emotion/", "https://example.org/emotion"),
        ("example.org/a/b/", "http://example.org/a/b"),
        ("http://[::1]:3000/", "http://[::1]:3000"),
        ("HTTP://localhost:3000", "http://localhost:3000"),
    ],
)
def test_address_becomes_the_url_that_paths_are_appended_to(address: str, url: str) -> None:
    assert service_url(address) == url
    assert service_url(url) == url


@pytest.mark.parametrize(
    ("address", "reason"),
    [
        ("", "lacks a host"),
        ("http://", "lacks a host"),
        ("ftp://localhost", "ftp is neither"),
        ("http://localhost:port", "Port could not be cast"),
        ("http://localhost:70000", "out of range"),
        ("http://localhost:0", "port 0"),
        ("http://[::1", "Invalid IPv6"),
        ("http://localhost:3000/?key=1", "end after the path"),
        ("http://localhost:3000/#page", "end after the path"),
        ("http://user:secret@localhost", "no user name"),
    ],
)
def test_what_is_no_address_is_refused_with_the_reason(address: str, reason: str) -> None:
    with pytest.raises(AddressError) as caught:
        service_url(address)
    assert reason in str(caught.value)
    assert "http://localhost:3000" in str(caught.value)


@pytest.fixture
def proxy() -> Iterator[str]:
    """A server that has a page of metrics below the prefix /emotion alone."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            content = b'emotion_request_duration_seconds_bucket{variant="nano",le="+Inf"} 7\n'
            self.send_response(200 if self.path == "/emotion/metrics" else 404)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads, server.block_on_close = True, False
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield f"127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.mark.parametrize("end", ["/emotion", "/emotion/", "/emotion//"])
def test_metrics_are_read_below_a_path_prefix(proxy: str, end: str) -> None:
    assert read_counts(proxy + end) == {"nano": {float("inf"): 7}}


def test_wrong_prefix_and_silence_are_told_apart(proxy: str) -> None:
    with pytest.raises(AddressError, match=r"/metrics answers with status 404; .*prefix"):
        read_page(f"http://{proxy}/metrics")
    with pytest.raises(AddressError, match="does not answer: "):
        read_page("http://127.0.0.1:1/metrics")
