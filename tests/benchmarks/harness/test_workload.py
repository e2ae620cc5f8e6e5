"""The benchmarks' request."""

import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

from benchmarks.harness.workload import TEXT, can_classify, classify


class Echo(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.end_headers()
        self.wfile.write(json.dumps([self.path, json.loads(body)]).encode())

    def log_message(self, *_: object) -> None:
        pass


def test_the_text_is_posted_to_classify() -> None:
    with HTTPServer(("127.0.0.1", 0), Echo) as server:
        url = f"http://127.0.0.1:{server.server_port}"
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        assert json.loads(classify(url)) == ["/classify", {"text": TEXT}]
        assert can_classify(url)
        server.shutdown()
    assert not can_classify(url)
