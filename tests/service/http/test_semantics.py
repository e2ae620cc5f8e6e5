"""The table of `tests/system/http_semantics.py` in process, for any server that speaks ASGI."""

import asyncio
from typing import Any

import pytest

from service.http.asgi_types import Message
from service.http.cors import with_cors
from service.http.root_path import under_root_path
from tests.system.http_semantics import CASES, ORIGIN, PREFIX, Answer, Case, check


def answer(setup: Any, case: Case) -> Answer:
    app = under_root_path(with_cors(setup.middleware, [ORIGIN]), PREFIX)
    scope = {
        "type": "http",
        "method": case.method,
        "path": case.path,
        "headers": [(name.lower().encode(), value.encode()) for name, value in case.headers],
    }
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": case.body, "more_body": False}

    async def send(message: Message) -> None:
        sent.append(message)

    asyncio.run(app(scope, receive, send))
    start, *parts = sent
    headers = [(name.decode(), value.decode()) for name, value in start["headers"]]
    return Answer(start["status"], headers, b"".join(part["body"] for part in parts))


@pytest.mark.parametrize("about", CASES)
def test_the_response_is_what_the_table_says(setup: Any, about: str) -> None:
    check(CASES[about], answer(setup, CASES[about]))
