"""Locust users of the service. `make load` runs them; `locust -f loadtests/locustfile.py` has a UI.

Requests are named by the variant that answered, so that Locust's own tables are per variant. At the
end the objectives of `--objectives` decide the exit code, and what the server's histograms say of
the same span is set beside what the clients saw.
"""

import argparse
import random
from pathlib import Path
from typing import Any

from locust import FastHttpUser, events, task
from locust.argument_parser import LocustArgumentParser
from locust.env import Environment
from locust.runners import MasterRunner, WorkerRunner

from loadtests import server_metrics as server
from loadtests import shapes, texts
from loadtests.objectives import ObjectivesError, Seen, missed, read
from loadtests.report import write

HERE = Path(__file__).parent
MIXED, LISTING = "bad input", "/variants"
_JSON = {"Content-Type": "application/json"}
_state: dict[str, Any] = {}


@events.init_command_line_parser.add_listener
def _options(parser: LocustArgumentParser) -> None:
    group = parser.add_argument_group("edgemood")
    group.add_argument("--arrivals", choices=shapes.ARRIVALS, default="steady", env_var="ARRIVALS")
    group.add_argument("--rate", type=float, default=4.0, help="requests a second of each user (4)")
    # Text, not paths: a master sends its options to its workers, and can send no others.
    group.add_argument("--objectives", default=str(HERE / "objectives.toml"))
    group.add_argument("--results", help="folder for summary.csv and latency.png")
    group.add_argument("--seed", type=int, default=0, help="of texts and bursts")


@events.init.add_listener
def _set_up(environment: Environment, **_: object) -> None:
    options = environment.parsed_options
    if options is None:
        return
    try:
        _state["objectives"] = read(Path(options.objectives))
    except ObjectivesError as error:
        raise SystemExit(f"loadtests: {error}") from error
    if options.arrivals == "steps" and not isinstance(environment.runner, WorkerRunner):
        environment.shape_class = shapes.Steps(options.num_users or 10, options.run_time or 60)


@events.test_start.add_listener
def _begin(environment: Environment, **_: object) -> None:
    if (options := environment.parsed_options) is not None:  # a worker's are its master's by now
        Visitor.pace = staticmethod(_pace(options))
    if not isinstance(environment.runner, WorkerRunner):
        _state["before"] = server.scraped(environment.host)
    if isinstance(environment.runner, MasterRunner):
        _state["workers"] = len(environment.runner.clients)


def _pace(options: argparse.Namespace) -> shapes.Wait:
    """How long users wait between two requests."""
    if options.arrivals == "bursty":
        return shapes.bursty(options.rate, random.Random(options.seed))
    return shapes.steady(options.rate)


@events.quitting.add_listener
def _judge(environment: Environment, **_: object) -> None:
    if isinstance(environment.runner, WorkerRunner) or "before" not in _state:
        return
    seen = {
        entry.name: Seen(
            requests=entry.num_requests,
            failures=entry.num_failures,
            p95_ms=float(entry.get_response_time_percentile(0.95) or 0),
            p99_ms=float(entry.get_response_time_percentile(0.99) or 0),
        )
        for entry in environment.stats.entries.values()
    }
    served = server.between(_state["before"], server.scraped(environment.host))
    options = environment.parsed_options
    results = Path(options.results) if options and options.results else None
    lines = write(environment.stats, served, results)
    print("\n".join(["", *lines]))
    answered = {name: own for name, own in seen.items() if name not in (MIXED, LISTING)}
    problems = list(missed(_state["objectives"], answered))
    problems += [f"{MIXED}: {seen[MIXED].failures} wrong answers"] if _failed(seen) else []
    print("\n".join(f"missed: {problem}" for problem in problems) or "all objectives are kept")
    if "workers" in _state:
        print(f"from {_state['workers']} workers")
    environment.process_exit_code = 1 if problems else 0


def _failed(seen: dict[str, Seen]) -> bool:
    return MIXED in seen and seen[MIXED].failures > 0


class Visitor(FastHttpUser):
    """What all users have in common."""

    abstract = True
    pace: shapes.Wait = staticmethod(shapes.steady(4.0))
    connection_timeout = 10.0
    network_timeout = 10.0

    def __init__(self, environment: Environment) -> None:
        super().__init__(environment)
        options = environment.parsed_options
        self.chance = random.Random(f"{options.seed if options else 0} {id(self)}")

    def wait_time(self) -> float:
        """Until the next request."""
        return type(self).pace(self)

    def classify(self, body: dict[str, Any], *, after: str = "") -> str:
        """One request that should be answered; it is named by who answered it.

        Args:
            body: of the request.
            after: the variant that must answer, where one must.

        Returns:
            The variant that answered, or nothing.
        """
        with self.client.post(
            "/classify", json=body, name="/classify", catch_response=True
        ) as answer:
            variant = str(answer.headers.get("x-variant", "")) if answer.headers else ""
            if answer.status_code != 200 or not variant:
                answer.failure(f"status {answer.status_code}")
                return ""
            answer.request_meta["name"] = variant
            if after and variant != after:
                answer.failure(f"the key met {variant} after {after}")
            else:
                answer.success()
            return variant


class SingleText(Visitor):
    """One text a request, no key: most of the traffic."""

    weight = 6

    @task
    def one(self) -> None:
        self.classify({"text": texts.text(self.chance)})


class StickyKey(Visitor):
    """Somebody who comes back, and must meet the same variant every time."""

    weight = 3

    def on_start(self) -> None:
        self.key, self.met = f"user-{self.chance.randrange(10**9)}", ""

    @task
    def again(self) -> None:
        body = {"text": texts.text(self.chance), "key": self.key}
        self.met = self.classify(body, after=self.met) or self.met


class Batch(Visitor):
    """Many texts a request."""

    weight = 1

    @task
    def many(self) -> None:
        self.classify({"texts": texts.batch(self.chance)})


class NamedVariant(Visitor):
    """Asks each loaded variant in turn, by its name."""

    weight = 2

    def on_start(self) -> None:
        listed = self.client.get("/variants", name=LISTING).json()["variants"]
        self.names = [variant["name"] for variant in listed if variant["state"] == "loaded"]

    @task
    def named(self) -> None:
        self.classify({"text": texts.text(self.chance), "variant": self.chance.choice(self.names)})


class BadInput(Visitor):
    """Sends what must be refused, and is content only with the right refusal."""

    weight = 1
    CASES: tuple[tuple[bytes, dict[str, str], int], ...] = (
        (b"{", _JSON, 400),
        (b"{}", _JSON, 422),
        (b'{"text": ""}', _JSON, 422),
        (b'{"text": 7}', _JSON, 422),
        (b'{"text": "x", "variant": "nobody"}', _JSON, 404),
        (b'{"text": "x", "colour": "red"}', _JSON, 422),
        (b'{"text": "x"}', {"Content-Type": "text/plain"}, 415),
        (b'{"text": "' + b"x" * 10_001 + b'"}', _JSON, 422),
    )

    @task
    def bad(self) -> None:
        body, headers, expected = self.chance.choice(self.CASES)
        with self.client.post(
            "/classify", data=body, headers=headers, name=MIXED, catch_response=True
        ) as answer:
            if answer.status_code == expected:
                answer.success()
            else:
                answer.failure(f"status {answer.status_code} instead of {expected}")
