"""Locust users: each class sends one kind of request.

Requests are named after the variant that classified them, so that Locust's tables are per variant.
"""

import itertools
import random
from collections.abc import Iterator
from typing import Any, ClassVar

from locust import FastHttpUser, task
from locust.env import Environment

from loadtests import shapes, texts
from loadtests.address import service_url

INVALID, LISTING = "invalid input", "/variants"
"""Names of requests that no variant classifies."""
_JSON = {"Content-Type": "application/json"}


class ServiceUser(FastHttpUser):
    """Base of all users: pace, random generator and `POST /classify`."""

    abstract = True
    connection_timeout = 10.0
    network_timeout = 10.0
    _numbers: ClassVar[Iterator[int]] = itertools.count()

    def __init__(self, environment: Environment) -> None:
        if self.host:
            self.host = service_url(self.host)  # Locust appends paths to it
        super().__init__(environment)
        options = environment.parsed_options
        worker = getattr(environment.runner, "worker_index", 0)
        self.rng = random.Random(f"{options.seed} {worker} {next(self._numbers)}")
        self._next_wait = shapes.wait_time(options.arrivals, options.rate, self.rng)

    def wait_time(self) -> float:
        """Seconds until the next request."""
        return self._next_wait()

    def classify(self, body: dict[str, Any], *, expected: str = "") -> str:
        """Send a request that the service should accept.

        Args:
            body: of the request.
            expected: the variant that must classify it; by default any.

        Returns:
            The variant that classified it, or an empty string after a failure.
        """
        with self.client.post(
            "/classify", json=body, name="/classify", catch_response=True
        ) as response:
            variant = str((response.headers or {}).get("x-variant", ""))
            if response.status_code != 200 or not variant:
                response.failure(f"status {response.status_code}")
                return ""
            response.request_meta["name"] = variant
            if expected and variant != expected:
                response.failure(f"the key was assigned to {variant}, earlier to {expected}")
            else:
                response.success()
            return variant


class SingleText(ServiceUser):
    """One text a request and no key: most of the traffic."""

    weight = 6

    @task
    def send(self) -> None:
        self.classify({"text": texts.random_text(self.rng)})


class StickyKey(ServiceUser):
    """One key in all requests, which must all be assigned to the same variant."""

    weight = 3

    def on_start(self) -> None:
        self.key, self.variant = f"user-{self.rng.randrange(10**9)}", ""

    @task
    def send(self) -> None:
        body = {"text": texts.random_text(self.rng), "key": self.key}
        self.variant = self.classify(body, expected=self.variant) or self.variant


class Batch(ServiceUser):
    """Several texts a request."""

    weight = 1

    @task
    def send(self) -> None:
        self.classify({"texts": texts.random_batch(self.rng)})


class NamedVariant(ServiceUser):
    """One text a request, for a loaded variant chosen by name."""

    weight = 2

    def on_start(self) -> None:
        listed = self.client.get("/variants", name=LISTING).json()["variants"]
        self.names = [variant["name"] for variant in listed if variant["state"] == "loaded"]

    @task
    def send(self) -> None:
        name = self.rng.choice(self.names)
        self.classify({"text": texts.random_text(self.rng), "variant": name})


class InvalidInput(ServiceUser):
    """Requests that the service must reject with the right status."""

    weight = 1
    CASES: ClassVar[tuple[tuple[bytes, dict[str, str], int], ...]] = (
        (b"{", _JSON, 400),
        (b"{}", _JSON, 422),
        (b'{"text": ""}', _JSON, 422),
        (b'{"text": 7}', _JSON, 422),
        (b'{"text": "x", "variant": "nobody"}', _JSON, 404),
        (b'{"text": "x", "colour": "red"}', _JSON, 422),
        (b'{"text": "x"}', {"Content-Type": "text/plain"}, 415),
        (b'{"text": "' + b"x" * 10_001 + b'"}', _JSON, 422),
    )
    """Body, headers and expected status."""

    @task
    def send(self) -> None:
        body, headers, expected = self.rng.choice(self.CASES)
        with self.client.post(
            "/classify", data=body, headers=headers, name=INVALID, catch_response=True
        ) as response:
            if response.status_code == expected:
                response.success()
            else:
                response.failure(f"status {response.status_code} instead of {expected}")
