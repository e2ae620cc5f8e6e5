"""Bodies and texts at their limits, over the middleware."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable

import httpx
import pytest

from service.http.admission.body_memory import GRACE_S
from service.limits import SMALL_BODY_BYTES
from service.schemas import MAX_BODY_BYTES
from tests.service.http.conftest import JSON, LARGE, SMALL, AssertError, Overload, half_a_body


def test_half_sent_bodies_make_room_for_others_and_time_out(
    overload: Callable[..., Overload], assert_error: AssertError, count: Callable[..., float]
) -> None:
    own = overload(max_body_bytes_in_flight=4 * MAX_BODY_BYTES, body_stall_s=1)
    before = count("SHED", reason="body_bytes")

    async def scenario(client: httpx.AsyncClient) -> None:
        own.gate.set()

        def begin() -> asyncio.Task[httpx.Response]:
            headers = {**JSON, "content-length": str(MAX_BODY_BYTES)}
            sent = client.post("/classify", content=half_a_body(), headers=headers)
            return asyncio.create_task(sent)

        half_sent = [begin() for _ in range(6)]
        await own.until(lambda: own.middleware.body_memory.held == 3 * MAX_BODY_BYTES)
        assert (await client.post("/classify", json=SMALL)).status_code == 200
        await asyncio.sleep(1.2 * GRACE_S)
        assert (await client.post("/classify", json=LARGE)).status_code == 200
        responses = await asyncio.gather(*half_sent)
        (refused,) = [found for found in responses if found.status_code == 429]
        assert_error(refused, 429, "overloaded")
        assert (refused.headers["retry-after"], refused.headers["connection"]) == ("1", "close")
        for response in responses:
            if response is not refused:
                assert_error(response, 408, "request_timeout")
                assert response.headers["connection"] == "close"

    own.run(scenario)
    assert count("SHED", reason="body_bytes") == before + 1
    assert own.middleware.body_memory.held == 0


@pytest.mark.parametrize("declared", [True, False])
def test_a_body_over_the_limit_is_refused_and_one_at_the_limit_is_read(
    overload: Callable[..., Overload], assert_error: AssertError, declared: bool
) -> None:
    own = overload()

    async def scenario(client: httpx.AsyncClient) -> None:
        for size, status in ((MAX_BODY_BYTES, 400), (MAX_BODY_BYTES + 1, 413)):

            async def body(size: int = size) -> AsyncIterator[bytes]:
                yield b'"' + b"x" * (size - 2)
                yield b"x"

            headers = {**JSON, "content-length": str(size)} if declared else JSON
            response = await client.post("/classify", content=body(), headers=headers)
            assert response.status_code == status
        assert_error(response, 413, "body_too_large", "1,048,576")

    own.run(scenario)


def test_tokens_of_a_request_are_bounded(
    overload: Callable[..., Overload], assert_error: AssertError
) -> None:
    own = overload(max_request_tokens=SMALL_BODY_BYTES)
    own.gate.set()

    async def scenario(client: httpx.AsyncClient) -> None:
        for tokens, status in ((SMALL_BODY_BYTES, 200), (SMALL_BODY_BYTES + 1, 413)):
            texts = ["happy " * 8, "; " * (tokens - 8)]
            response = await client.post("/classify", json={"texts": texts})
            assert response.status_code == status
        assert_error(response, 413, "too_many_tokens", "2,048")

    own.run(scenario)


def test_results_of_a_large_request_are_those_of_its_texts(
    overload: Callable[..., Overload],
) -> None:
    own = overload()
    own.gate.set()
    texts = [("happy sad ; " * n)[:10_000] for n in range(1, 800, 9)]

    async def scenario(client: httpx.AsyncClient) -> None:
        body = {"texts": texts, "variant": "fp32"}
        assert len(json.dumps(body)) > SMALL_BODY_BYTES
        response = await client.post("/classify", json=body)
        classifier = own.setup.repository.find("fp32").loaded_classifier
        expected = classifier.predictions(classifier.infer(classifier.encode(texts)))
        for result, prediction in zip(response.json()["results"], expected, strict=True):
            assert tuple(result["labels"]) == prediction.labels
            assert result["scores"] == {k: round(v, 6) for k, v in prediction.scores.items()}

    own.run(scenario)
