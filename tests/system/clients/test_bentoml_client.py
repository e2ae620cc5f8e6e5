"""BentoML's own HTTP clients against a running server."""

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import httpx
import pytest

TEXT = "I am happy"
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")  # BentoML's imports


@pytest.fixture(scope="module")
def bentoml(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ModuleType]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("BENTOML_HOME", str(tmp_path_factory.mktemp("bentoml")))
        patch.setenv("BENTOML_DO_NOT_TRACK", "True")
        import bentoml

        yield bentoml


@pytest.fixture(scope="module")
def url(run_server: Callable[..., Any], tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("server")
    with run_server(folder, EMOTION_VARIANTS=str(Path(__file__).parents[3] / "variants")) as server:
        yield server.url


@pytest.fixture
def client(bentoml: ModuleType, url: str) -> Iterator[Any]:
    with bentoml.SyncHTTPClient(url) as client:
        yield client


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        ((), {"text": TEXT}),
        ((TEXT,), {}),
        ((TEXT,), {"variant": "nano", "key": "user-1"}),
        ((), {"texts": [TEXT, "so sad \ud83d", "ключ 😀"]}),
        ((), {"text": TEXT, "texts": None}),
    ],
)
def test_it_classifies(client: Any, arguments: tuple[str, ...], named: dict[str, Any]) -> None:
    answer = client.classify(*arguments, **named)
    assert answer["results"][0]["labels"] == ["joy"]
    assert len(answer["results"]) == len(named.get("texts") or [TEXT])
    assert answer["variant"] == named.get("variant", "apot-kd")


def test_it_compares_and_gives_feedback(client: Any) -> None:
    assert {one["variant"] for one in client.compare(TEXT)["results"]} >= {"nano", "fp32"}
    receipt = client.classify(text=TEXT)["receipt"]
    judged = client.feedback(receipt=receipt, labels=["joy"])
    assert judged == {"variant": "apot-kd", "texts": 1, "kept": 1}


@pytest.mark.parametrize(
    ("named", "error", "message"),
    [
        ({"text": TEXT, "variant": "int4"}, "NotFound", "no variant of that name; there are: apot"),
        ({"texts": [TEXT, ""]}, "UnprocessableEntity", "texts.1: "),
        ({}, "UnprocessableEntity", "give either text or texts"),
        ({"text": {"text": TEXT}}, "UnprocessableEntity", "text: Input should be a valid string"),
    ],
)
def test_errors_carry_the_message_of_the_service(
    bentoml: ModuleType, client: Any, named: dict[str, Any], error: str, message: str
) -> None:
    with pytest.raises(getattr(bentoml.exceptions, error)) as caught:
        client.classify(**named)
    assert message in str(caught.value)


def test_it_sees_that_the_server_is_ready(client: Any) -> None:
    assert client.is_ready()


def test_an_asynchronous_client_does_the_same(bentoml: ModuleType, url: str) -> None:
    async def go() -> None:
        async with bentoml.AsyncHTTPClient(url) as client:
            assert await client.is_ready()
            assert (await client.classify(text=TEXT))["results"][0]["labels"] == ["joy"]
            with pytest.raises(bentoml.exceptions.NotFound, match="no variant of that name"):
                await client.classify(TEXT, variant="int4")

    asyncio.run(go())


@pytest.mark.parametrize(
    "path",
    ["/docs", "/static_content/index.css", "/openapi.json", "/classify/submit", "/index.html"],
)
def test_nothing_else_of_bentoml_is_reachable(url: str, path: str) -> None:
    response = httpx.get(url + path)
    assert response.status_code == 404
    assert response.json()["error"]["code"] == "not_found"


def test_bentomls_multipart_and_root_bodies_are_refused(url: str) -> None:
    for options in ({"files": {"text": b"x"}}, {"content": "x"}, {"data": {"text": "x"}}):
        assert httpx.post(f"{url}/classify", **options).status_code == 415  # type: ignore[arg-type]
