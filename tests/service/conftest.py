"""A worker without BentoML, calls to it, and checks of its metrics and errors."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import anyio
import httpx
import pytest
from pydantic import SecretStr

from service.assembly import Worker
from service.http.asgi import ApiMiddleware
from service.limits import Limits
from service.observability import metrics
from service.settings import Settings
from service.state import watched_file
from service.variants import watched_variant

RECEIPT_KEY = "a key of the tests"
API_TOKEN = "secret token"
LIMITS = Limits(max_concurrency=2, wrong_token_delay_s=0)


async def bentoml(scope: dict[str, Any], receive: Callable, send: Callable) -> None:
    status = 503 if scope["path"] == "/readyz" else 200
    await send({"type": "http.response.start", "status": status, "headers": []})
    await send({"type": "http.response.body", "body": b"from bentoml"})


class Setup:
    """A worker over the variants of a folder, behind the middleware and without BentoML."""

    def __init__(
        self,
        variants: Path,
        state: Path,
        *,
        token: str | None = API_TOKEN,
        limits: Limits = LIMITS,
        feedback_pairs: int = 10_000,
    ) -> None:
        settings = Settings(
            variants=variants,
            state=state,
            receipt_key=SecretStr(RECEIPT_KEY),
            feedback_pairs=feedback_pairs,
        )
        self.state = state
        self.worker = Worker(settings)
        self.services = self.worker.services
        self.repository = self.worker.repository
        self.policy_store = self.worker.policy_store
        self.receipts = self.worker.receipts
        self.pairs = self.worker.pairs
        self.middleware = ApiMiddleware(
            bentoml,
            services=lambda: self.services,
            admin_token=SecretStr(token) if token else None,
            limits=limits,
        )

    def client(self) -> httpx.AsyncClient:
        transport = httpx.ASGITransport(app=self.middleware)
        return httpx.AsyncClient(transport=transport, base_url="http://test")


@pytest.fixture
def feedback_pairs() -> int:
    """Judged answers that are kept."""
    return 10_000


@pytest.fixture
def setup(variants: Path, tmp_path: Path, feedback_pairs: int) -> Setup:
    return Setup(variants, tmp_path / "state", feedback_pairs=feedback_pairs)


@pytest.fixture
def removed_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """A removed file counts as removed at the first look that misses it."""
    monkeypatch.setattr(watched_variant, "WITHDRAW_AFTER_S", 0.0)
    monkeypatch.setattr(watched_file, "REMOVED_AFTER_S", 0.0)


@pytest.fixture
def call(setup: Setup) -> Iterator[Callable[..., httpx.Response]]:
    def send(method: str, path: str, **options: Any) -> httpx.Response:
        async def go() -> httpx.Response:
            async with setup.client() as client:
                return await client.request(method, path, **options)

        return anyio.run(go)

    return send


@pytest.fixture
def count() -> Callable[..., float]:
    """The value of a metric by the name of its variable and its labels."""

    def value(name: str, **labels: str) -> float:
        return getattr(metrics, name).labels(**labels)._value.get()

    return value


@pytest.fixture
def assert_error() -> Callable[..., None]:
    """Checks that a response is an error in the shape that all errors share."""

    def check(response: httpx.Response, status: int, code: str, message: str = "") -> None:
        assert response.status_code == status
        assert response.headers["content-type"] == "application/json"
        error = response.json()["error"]
        assert list(response.json()) == ["error"]
        assert list(error) == ["code", "message", "request_id"]
        assert error["code"] == code
        assert message in error["message"]
        assert error["request_id"] == response.headers["x-request-id"]

    return check
