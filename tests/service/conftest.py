"""Variant folders for the service, good files and bad."""

import os
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import anyio
import httpx
import pytest
from pydantic import SecretStr

# Before anything imports prometheus_client: it decides at its import where values are kept.
os.environ.setdefault("PROMETHEUS_MULTIPROC_DIR", tempfile.mkdtemp(prefix="edgemood-metrics-"))

from edgemood import Artifact
from service import metrics
from service.api import Api
from service.catalog import Catalog
from service.classify import Desk
from service.fastlane import FastLane
from service.feedback import Feedback
from service.policy import PolicyFile
from service.receipts import Receipts
from service.routing import Policy
from service.shadow import Shadow
from service.switches import Switches

TOKEN = "correct horse battery staple"
API_TOKEN = "secret token"


@pytest.fixture
def variants(artifact: Artifact, tmp_path: Path) -> Path:
    """Three sound variants of different taste, and one damaged file."""
    folder = tmp_path / "variants"
    folder.mkdir()
    for name in ("fp32", "int8-dynamic", "int8-static"):
        artifact.with_manifest(name=name).save(folder / f"{name}.safetensors")
    (folder / "broken.safetensors").write_bytes(b"not a variant")
    return folder


@pytest.fixture
def serve(
    variants: Path, tmp_path: Path, run_server: Callable[..., object]
) -> Callable[..., object]:
    """Starts servers over `variants`; keyword arguments are variables of the service."""

    def start(**environment: str) -> object:
        return run_server(
            tmp_path,
            EMOTION_VARIANTS=str(variants),
            EMOTION_ADMIN_TOKEN=TOKEN,
            **environment,
        )

    return start


async def bentoml(scope: dict[str, Any], receive: Callable, send: Callable) -> None:
    status = 503 if scope["path"] == "/readyz" else 200
    await send({"type": "http.response.start", "status": status, "headers": []})
    await send({"type": "http.response.body", "body": b"from bentoml"})


class Setup:
    def __init__(self, variants: Path, state: Path, *, token: str | None = API_TOKEN) -> None:
        self.switches = Switches(state)
        self.catalog = Catalog(variants, switches=self.switches)
        self.policy = PolicyFile(
            state,
            default=Policy(version=0, split={"fp32": 1}, reference="fp32"),
            known=lambda: self.catalog.known,
        )
        self.shadow = Shadow(self.catalog)
        self.receipts = Receipts(b"a key of the tests")
        self.desk = Desk(self.catalog, self.policy, self.receipts)
        self.api = Api(
            desk=self.desk,
            shadow=self.shadow,
            feedback=Feedback(self.catalog, self.receipts),
            catalog=self.catalog,
            switches=self.switches,
            policy=self.policy,
            admin_token=SecretStr(token) if token else None,
        )
        self.lane = FastLane(bentoml, api=lambda: self.api, max_concurrency=2)

    def client(self) -> httpx.AsyncClient:
        transport = httpx.ASGITransport(app=self.lane)
        return httpx.AsyncClient(transport=transport, base_url="http://test")


@pytest.fixture
def setup(variants: Path, tmp_path: Path) -> Setup:
    return Setup(variants, tmp_path / "state")


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
    """Checks that an answer is a failure in the one shape that all failures have."""

    def check(answer: httpx.Response, status: int, code: str, message: str = "") -> None:
        assert answer.status_code == status
        assert answer.headers["content-type"] == "application/json"
        error = answer.json()["error"]
        assert list(answer.json()) == ["error"]
        assert list(error) == ["code", "message", "request_id"]
        assert error["code"] == code
        assert message in error["message"]
        assert error["request_id"] == answer.headers["x-request-id"]

    return check
