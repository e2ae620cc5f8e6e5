"""What each kind of user sends, against a small server."""

import argparse
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from locust.env import Environment

from loadtests.users import (
    INVALID,
    LISTING,
    Batch,
    InvalidInput,
    NamedVariant,
    ServiceUser,
    SingleText,
    StickyKey,
)


class Service:
    """Answers as told and records paths and bodies."""

    def __init__(self) -> None:
        self.status, self.variant = 200, "nano"
        self.paths: list[str] = []
        self.bodies: list[bytes] = []

    def respond(self, handler: BaseHTTPRequestHandler) -> None:
        self.paths.append(handler.path)
        self.bodies.append(handler.rfile.read(int(handler.headers.get("Content-Length", 0))))
        states = {"nano": "loaded", "fp32": "loaded", "cqat": "unloaded"}
        listed = [{"name": name, "state": state} for name, state in states.items()]
        content = json.dumps({"variants": listed}).encode()
        handler.send_response(self.status)
        handler.send_header("X-Variant", self.variant)
        handler.send_header("Content-Length", str(len(content)))
        handler.end_headers()
        handler.wfile.write(content)

    @property
    def last(self) -> dict:
        return json.loads(self.bodies[-1])


@pytest.fixture
def service() -> Service:
    return Service()


@pytest.fixture
def environment(service: Service) -> Iterator[Environment]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            service.respond(self)

        def do_POST(self) -> None:
            service.respond(self)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads, server.block_on_close = True, False
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        options = argparse.Namespace(seed=0, arrivals="steady", rate=4.0)
        made = Environment(host=f"http://127.0.0.1:{server.server_port}/", parsed_options=options)
        runner = made.create_local_runner()  # collects the statistics
        yield made
        runner.quit()
        server.shutdown()


def start(user_class: type[ServiceUser], environment: Environment) -> ServiceUser:
    """A user as Locust's runner starts it."""
    user_class.host = environment.host
    user = user_class(environment)
    user.on_start()
    return user


def failures(environment: Environment) -> list[str]:
    return [str(error.error) for error in environment.stats.errors.values()]


def test_host_may_end_with_a_slash_and_requests_are_named_by_variant(
    environment: Environment, service: Service
) -> None:
    start(SingleText, environment).send()
    assert service.paths == ["/classify"]
    assert service.last.keys() == {"text"}
    assert environment.stats.get("nano", "POST").num_requests == 1
    assert failures(environment) == []


def test_refusal_is_a_failure(environment: Environment, service: Service) -> None:
    service.status = 429
    start(SingleText, environment).send()
    assert len(failures(environment)) == 1
    assert "429" in failures(environment)[0]


def test_batch_sends_several_texts(environment: Environment, service: Service) -> None:
    start(Batch, environment).send()
    assert len(service.last["texts"]) in {2, 8, 32}


def test_sticky_key_must_keep_its_variant(environment: Environment, service: Service) -> None:
    user = start(StickyKey, environment)
    user.send()
    user.send()
    assert json.loads(service.bodies[0])["key"] == service.last["key"]
    assert failures(environment) == []
    service.variant = "fp32"
    user.send()
    assert len(failures(environment)) == 1


def test_named_variants_are_loaded_ones(environment: Environment, service: Service) -> None:
    user = start(NamedVariant, environment)
    for _ in range(20):
        user.send()
    assert service.paths[0] == "/variants"
    assert {json.loads(body)["variant"] for body in service.bodies[1:]} == {"nano", "fp32"}
    assert environment.stats.get(LISTING, "GET").num_requests == 1


@pytest.mark.parametrize(("status", "failed"), [(422, 0), (200, 1)])
def test_invalid_input_must_be_rejected(
    status: int, failed: int, environment: Environment, service: Service
) -> None:
    user = start(InvalidInput, environment)
    user.CASES = tuple(case for case in user.CASES if case[2] == 422)
    service.status = status
    user.send()
    entry = environment.stats.get(INVALID, "POST")
    assert (entry.num_requests, entry.num_failures) == (1, failed)


def test_users_differ_and_depend_on_the_seed(environment: Environment) -> None:
    one, other = (start(SingleText, environment) for _ in range(2))
    assert one.rng.random() != other.rng.random()
    assert 0 <= one.wait_time() <= 0.25
