"""The calls over ASGI, in process, without BentoML: what a caller gets for good and bad input."""

import fcntl
import json
import logging
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from edgemood import Classifier
from service import fastlane, metrics
from service.api import Api
from service.catalog import Catalog
from service.classify import Desk
from service.fastlane import FastLane
from service.policy import PolicyFile
from service.routing import Policy, PolicyChange
from service.schema import MAX_BODY_BYTES

TOKEN = "secret token"
JSON = {"content-type": "application/json"}
ADMIN = {"authorization": f"Bearer {TOKEN}", **JSON}
TEXT = "happy 4f1c2a, never to be logged"


async def bentoml(scope: dict[str, Any], receive: Callable, send: Callable) -> None:
    status = 503 if scope["path"] == "/readyz" else 200
    await send({"type": "http.response.start", "status": status, "headers": []})
    await send({"type": "http.response.body", "body": b"from bentoml"})


class Setup:
    def __init__(self, variants: Path, state: Path, *, token: str | None = TOKEN) -> None:
        self.catalog = Catalog(variants)
        self.policy = PolicyFile(
            state,
            default=Policy(version=0, split={"fp32": 1}, reference="fp32"),
            known=lambda: self.catalog.known,
        )
        self.api = Api(
            desk=Desk(self.catalog, self.policy),
            catalog=self.catalog,
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
    import anyio

    def send(method: str, path: str, **options: Any) -> httpx.Response:
        async def go() -> httpx.Response:
            async with setup.client() as client:
                return await client.request(method, path, **options)

        return anyio.run(go)

    return send


def count(name: str, **labels: str) -> float:
    metric = getattr(metrics, name)
    return metric.labels(**labels)._value.get()


def test_one_text(call: Callable[..., httpx.Response]) -> None:
    answer = call("POST", "/classify", json={"text": "happy"})
    assert answer.status_code == 200
    body = answer.json()
    assert list(body) == ["request_id", "variant", "assignment", "results"]
    assert (body["variant"], body["assignment"]) == ("fp32", "split")
    (result,) = body["results"]
    assert result["labels"] == ["joy"]
    assert result["scores"] == {"joy": 0.952574, "sadness": 0.268941, "neutral": 0.047426}
    assert answer.headers["x-variant"] == "fp32"
    assert answer.headers["x-request-id"] == body["request_id"]
    stages = dict(part.split(";dur=") for part in answer.headers["server-timing"].split(", "))
    assert list(stages) == ["tokenize", "infer"]
    assert all(float(milliseconds) >= 0 for milliseconds in stages.values())


def test_many_texts_in_order(call: Callable[..., httpx.Response]) -> None:
    body = call("POST", "/classify", json={"texts": ["sad", "happy", "zzz"]}).json()
    assert [r["labels"] for r in body["results"]] == [["sadness"], ["joy"], ["neutral"]]


@pytest.mark.parametrize("by", ["body", "header"])
def test_a_variant_by_name(call: Callable[..., httpx.Response], by: str) -> None:
    named = {"variant": "int8-static"} if by == "body" else {}
    headers = {"X-Variant": "int8-static"} if by == "header" else {}
    answer = call("POST", "/classify", json={"text": "happy", **named}, headers=headers)
    assert (answer.json()["variant"], answer.json()["assignment"]) == ("int8-static", "requested")


def test_the_key_comes_in_the_body_or_as_a_header(
    call: Callable[..., httpx.Response], setup: Setup
) -> None:
    split = {"fp32": 50, "int8-static": 50}
    setup.policy.replace(PolicyChange(split=split, reference="fp32"), expected=None)
    seen = set()
    for key in ("a", "b", "c", "ключ", "e", "f", "g", "h"):
        expected = setup.policy.current().assign(key)
        seen.add(expected)
        by_body = call("POST", "/classify", json={"text": "x", "key": key})
        by_header = call(
            "POST", "/classify", json={"text": "x"}, headers={b"x-routing-key": key.encode()}
        )
        assert by_body.json()["variant"] == by_header.json()["variant"] == expected
    assert seen == set(split)


def test_without_a_key_the_request_id_is_the_key(
    call: Callable[..., httpx.Response], setup: Setup
) -> None:
    split = {"fp32": 50, "int8-static": 50}
    setup.policy.replace(PolicyChange(split=split, reference="fp32"), expected=None)
    for request_id in map(str, range(10)):
        answer = call("POST", "/classify", json={"text": "x"}, headers={"x-request-id": request_id})
        assert answer.headers["x-request-id"] == request_id
        assert answer.json()["variant"] == setup.policy.current().assign(request_id)


def test_request_ids_that_could_do_harm_are_replaced(call: Callable[..., httpx.Response]) -> None:
    for bad in ("", "x" * 129, "a b", "a\tb"):
        answer = call("POST", "/classify", json={"text": "x"}, headers={"x-request-id": bad})
        assert len(answer.headers["x-request-id"]) == 32


def test_a_variant_that_cannot_answer_is_stood_in_for(
    call: Callable[..., httpx.Response], setup: Setup
) -> None:
    setup.policy.replace(PolicyChange(split={"broken": 1}, reference="fp32"), expected=None)
    before = count("REQUESTS", variant="broken", assignment="split", outcome="server_error")
    body = call("POST", "/classify", json={"text": "happy"}).json()
    assert (body["variant"], body["assignment"]) == ("fp32", "fallback")
    after = count("REQUESTS", variant="broken", assignment="split", outcome="server_error")
    assert after == before + 1


def test_a_variant_that_fails_is_stood_in_for_and_its_text_is_not_logged(
    call: Callable[..., httpx.Response],
    setup: Setup,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    setup.policy.replace(PolicyChange(split={"int8-static": 1}, reference="fp32"), expected=None)
    failing = setup.catalog.classifier("int8-static")

    def fail(self: Classifier, batch: object) -> None:
        if self is failing:
            raise RuntimeError(TEXT)
        return original(self, batch)

    original = Classifier.infer
    monkeypatch.setattr(Classifier, "infer", fail)
    body = call("POST", "/classify", json={"text": TEXT}).json()
    assert (body["variant"], body["assignment"]) == ("fp32", "fallback")
    answer = call("POST", "/classify", json={"text": TEXT, "variant": "int8-static"})
    assert_error(answer, 500, "internal")
    assert "RuntimeError at" in caplog.text
    assert "4f1c2a" not in caplog.text + answer.text


def assert_error(answer: httpx.Response, status: int, code: str, message: str = "") -> None:
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/json"
    error = answer.json()["error"]
    assert list(answer.json()) == ["error"]
    assert list(error) == ["code", "message", "request_id"]
    assert error["code"] == code
    assert message in error["message"]
    assert error["request_id"] == answer.headers["x-request-id"]


def body(**fields: object) -> dict[str, object]:
    return {"content": json.dumps(fields), "headers": JSON}


BAD_REQUESTS = {
    "no JSON": ({"content": "{", "headers": JSON}, 400, "unreadable_json", "not JSON"),
    "empty": ({"content": "", "headers": JSON}, 400, "unreadable_json", "not JSON"),
    "no UTF-8": ({"content": b'{"text": "\xff"}', "headers": JSON}, 400, "unreadable_json", ""),
    "lone surrogate": (
        {"content": '{"text": "\\ud800"}', "headers": JSON},
        400,
        "unreadable_json",
        "",
    ),
    "no media type": ({"content": '{"text": "x"}'}, 415, "unsupported_media_type", "Content-Type"),
    "form": ({"data": {"text": "x"}}, 415, "unsupported_media_type", "application/json"),
    "plain text": (
        {"content": "x", "headers": {"content-type": "text/plain"}},
        415,
        "unsupported_media_type",
        "",
    ),
    "compressed": (
        {"content": b"x", "headers": {**JSON, "content-encoding": "gzip"}},
        415,
        "unsupported_media_type",
        "not compressed",
    ),
    "a list": ({"content": "[]", "headers": JSON}, 422, "invalid_field", "body: "),
    "nothing": (body(), 422, "invalid_field", "give either text or texts"),
    "both": (body(text="x", texts=["x"]), 422, "invalid_field", "give either text or texts"),
    "empty text": (body(text=""), 422, "invalid_field", "text: "),
    "long text": (body(text="x" * 10_001), 422, "invalid_field", "text: "),
    "text is a number": (body(text=3), 422, "invalid_field", "text: "),
    "no texts": (body(texts=[]), 422, "invalid_field", "texts: "),
    "many texts": (body(texts=["x"] * 257), 422, "invalid_field", "texts: "),
    "one bad text": (body(texts=["x", ""]), 422, "invalid_field", "texts.1: "),
    "surplus field": (body(text="x", lang="en"), 422, "invalid_field", "lang: "),
    "key is a number": (body(text="x", key=1), 422, "invalid_field", "key: "),
    "empty key": (body(text="x", key=""), 422, "invalid_field", "key: "),
    "long key": (body(text="x", key="k" * 257), 422, "invalid_field", "key: "),
    "long variant": (body(text="x", variant="v" * 65), 422, "invalid_field", "variant: "),
    "empty key header": (
        {"content": '{"text": "x"}', "headers": {**JSON, "x-routing-key": ""}},
        422,
        "invalid_field",
        "x-routing-key: ",
    ),
    "header no UTF-8": (
        {
            "content": '{"text": "x"}',
            "headers": {b"content-type": b"application/json", b"x-routing-key": b"\xff"},
        },
        422,
        "invalid_field",
        "x-routing-key: ",
    ),
    "unknown variant": (
        body(text="x", variant="nope"),
        404,
        "unknown_variant",
        "there are: broken, fp32, int8-dynamic, int8-static",
    ),
    "variant that is down": (body(text="x", variant="broken"), 503, "unavailable", "broken"),
    "large body": (
        {"content": b'"' + b"x" * MAX_BODY_BYTES, "headers": JSON},
        413,
        "body_too_large",
        "1,048,576",
    ),
}


@pytest.mark.parametrize(
    ("options", "status", "code", "message"), BAD_REQUESTS.values(), ids=BAD_REQUESTS
)
def test_bad_requests(
    call: Callable[..., httpx.Response],
    caplog: pytest.LogCaptureFixture,
    options: dict[str, Any],
    status: int,
    code: str,
    message: str,
) -> None:
    caplog.set_level(logging.INFO)
    caplog.clear()
    assert_error(call("POST", "/classify", **options), status, code, message)
    assert [record for record in caplog.records if record.name.startswith("service")] == []


def test_messages_do_not_quote_what_was_sent(call: Callable[..., httpx.Response]) -> None:
    for options in (
        body(text=["4f1c2a"]),
        body(texts="4f1c2a"),
        body(text="x", variant="4f1c2a"),
        {"content": '{"text": "4f1c2a', "headers": JSON},
    ):
        assert "4f1c2a" not in call("POST", "/classify", **options).text


def test_unknown_routes_and_methods(call: Callable[..., httpx.Response]) -> None:
    for path in ("/", "/nope", "/variants/", "/classify/", "/variants/a/b/c", "//"):
        answer = call("GET", path)
        assert answer.status_code == 404, path
    assert_error(call("GET", "/nope"), 404, "not_found")
    answer = call("GET", "/classify")
    assert_error(answer, 405, "method_not_allowed", "POST")
    assert answer.headers["allow"] == "POST"
    assert call("DELETE", "/routing").headers["allow"] == "GET, PUT"
    assert_error(call("POST", "/metrics"), 405, "method_not_allowed", "GET")


def test_bentomls_own_calls_are_passed_on_and_its_failures_reworded(
    call: Callable[..., httpx.Response],
) -> None:
    passed_on = call("GET", "/metrics", headers={"x-request-id": "mine"})
    assert passed_on.text == "from bentoml"
    assert passed_on.headers["x-request-id"] == "mine"
    assert_error(call("GET", "/readyz"), 503, "unavailable", "not ready")


def test_more_than_the_cap_at_once_is_shed(setup: Setup, monkeypatch: pytest.MonkeyPatch) -> None:
    import anyio

    before = count("SHED", reason="concurrency")
    gate, statuses, infer = threading.Event(), [], Classifier.infer

    def slow(classifier: Classifier, batch: Any) -> Any:
        assert gate.wait(30)
        return infer(classifier, batch)

    monkeypatch.setattr(Classifier, "infer", slow)
    large = {"texts": ["happy " * 1600] * 10}

    async def go() -> None:
        async with setup.client() as client, anyio.create_task_group() as tasks:

            async def send() -> None:
                statuses.append((await client.post("/classify", json=large)).status_code)

            for _ in range(2):
                tasks.start_soon(send)
            while setup.lane._held < 2:
                await anyio.sleep(0.01)
            shed = await client.post("/classify", json={"text": "happy"})
            assert_error(shed, 429, "overloaded")
            assert shed.headers["retry-after"] == "1"
            assert (await client.get("/variants")).status_code == 200
            gate.set()
        async with setup.client() as client:
            assert (await client.post("/classify", json={"text": "happy"})).status_code == 200

    anyio.run(go)
    assert statuses == [200, 200]
    assert count("SHED", reason="concurrency") == before + 1


def test_bodies_that_trickle_in_take_no_place_and_end(
    setup: Setup, monkeypatch: pytest.MonkeyPatch
) -> None:
    import anyio

    monkeypatch.setattr(fastlane, "BODY_TIMEOUT_S", 0.2)
    answers: list[httpx.Response] = []

    async def go() -> None:
        async def body() -> Any:
            yield b'{"text": '
            await anyio.sleep(30)

        async with setup.client() as client, anyio.create_task_group() as tasks:

            async def send() -> None:
                answers.append(await client.post("/classify", content=body(), headers=JSON))

            for _ in range(5):
                tasks.start_soon(send)
            await anyio.sleep(0.05)
            assert (await client.post("/classify", json={"text": "happy"})).status_code == 200

    anyio.run(go)
    assert len(answers) == 5
    for answer in answers:
        assert_error(answer, 408, "request_timeout", "0.2 s")


def test_a_policy_being_written_holds_up_nobody(setup: Setup, tmp_path: Path) -> None:
    import anyio

    policy = {"split": {"fp32": 1}, "reference": "fp32"}
    (tmp_path / "state").mkdir()

    async def go() -> None:
        with (tmp_path / "state" / ".routing.lock").open("a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            async with setup.client() as client, anyio.create_task_group() as tasks:

                async def put() -> None:
                    answer = await client.put("/routing", json=policy, headers=ADMIN)
                    assert answer.status_code == 200

                tasks.start_soon(put)
                await anyio.sleep(0.05)
                assert (await client.post("/classify", json={"text": "x"})).status_code == 200
                fcntl.flock(lock, fcntl.LOCK_UN)

    anyio.run(go)


def test_a_large_body_is_answered_too(call: Callable[..., httpx.Response]) -> None:
    answer = call("POST", "/classify", json={"texts": ["happy " * 1600] * 100})
    assert answer.status_code == 200
    assert len(answer.json()["results"]) == 100


def test_variants(call: Callable[..., httpx.Response], variants: Path) -> None:
    listed = {v["name"]: v for v in call("GET", "/variants").json()["variants"]}
    assert list(listed) == ["broken", "fp32", "int8-dynamic", "int8-static"]
    assert listed["broken"]["state"] == "failed"
    assert listed["broken"]["problem"] == "container: not a safetensors file"
    fp32 = listed["fp32"]
    assert fp32["state"] == "loaded"
    assert fp32["file_bytes"] == (variants / "fp32.safetensors").stat().st_size
    assert fp32["resident_bytes"]["embedding"] == 72
    assert fp32["manifest"]["labels"] == ["joy", "sadness", "neutral"]
    assert call("GET", "/variants/fp32").json() == fp32
    assert_error(call("GET", "/variants/nope"), 404, "unknown_variant", "there are: broken, fp32")


def test_routing_is_read_and_changed(call: Callable[..., httpx.Response]) -> None:
    first = call("GET", "/routing")
    assert first.headers["etag"] == '"0"'
    assert first.json()["split"] == {"fp32": 1}
    new = {"split": {"fp32": 90, "int8-static": 10}, "reference": "fp32"}
    changed = call("PUT", "/routing", json=new, headers={**ADMIN, "if-match": '"0"'})
    assert changed.status_code == 200
    assert changed.headers["etag"] == '"1"'
    assert changed.json() == {"salt": "emotion", "version": 1, **new}
    assert call("GET", "/routing").json() == changed.json()
    assert call("PUT", "/routing", json=changed.json(), headers=ADMIN).json()["version"] == 2
    any_version = {**ADMIN, "if-match": "*"}
    assert call("PUT", "/routing", json=new, headers=any_version).json()["version"] == 3


@pytest.mark.parametrize(
    ("headers", "new", "status", "code", "message"),
    [
        (JSON, {}, 401, "unauthorized", "Bearer"),
        ({**ADMIN, "authorization": "Bearer wrong"}, {}, 401, "unauthorized", ""),
        ({**ADMIN, "authorization": f"Basic {TOKEN}"}, {}, 401, "unauthorized", ""),
        ({**ADMIN, "authorization": "Bearer ключ".encode()}, {}, 401, "unauthorized", ""),
        ({**ADMIN, "if-match": '"5"'}, {}, 409, "stale_policy", "version 0"),
        (ADMIN, {"version": 5}, 409, "stale_policy", "version 0"),
        ({**ADMIN, "if-match": "five"}, {}, 422, "invalid_field", "if-match: "),
        ({**ADMIN, "if-match": "9" * 5000}, {}, 422, "invalid_field", "if-match: "),
        ({**ADMIN, "if-match": '"*"'}, {}, 422, "invalid_field", "if-match: "),
        (ADMIN, {"split": {"fp32": True}}, 422, "invalid_field", "split.fp32: "),
        (ADMIN, {"split": {"fp32": "50"}}, 422, "invalid_field", "split.fp32: "),
        (ADMIN, {"split": {"nope": 1}}, 422, "invalid_field", "split.nope: "),
        (ADMIN, {"split": {"fp32": -1}}, 422, "invalid_field", "split.fp32: "),
        (ADMIN, {"split": {"fp32": 0}}, 422, "invalid_field", "split: "),
        (ADMIN, {"reference": "nope"}, 422, "invalid_field", "reference: "),
        (ADMIN, {"surplus": 1}, 422, "invalid_field", "surplus: "),
    ],
)
def test_policies_that_are_refused(
    call: Callable[..., httpx.Response],
    headers: dict[str, Any],
    new: dict[str, Any],
    status: int,
    code: str,
    message: str,
) -> None:
    policy = {"split": {"fp32": 1}, "reference": "fp32", **new}
    answer = call("PUT", "/routing", content=json.dumps(policy), headers=headers)
    assert_error(answer, status, code, message)
    assert call("GET", "/routing").json()["version"] == 0


def test_not_a_number_is_no_weight(call: Callable[..., httpx.Response]) -> None:
    content = '{"split": {"fp32": NaN}, "reference": "fp32"}'
    assert_error(
        call("PUT", "/routing", content=content, headers=ADMIN), 422, "invalid_field", "split.fp32"
    )


def test_without_a_token_admin_calls_are_off(variants: Path, tmp_path: Path) -> None:
    import anyio

    async def go() -> httpx.Response:
        async with Setup(variants, tmp_path, token=None).client() as client:
            return await client.put("/routing", content="{}", headers=ADMIN)

    assert_error(anyio.run(go), 403, "admin_disabled", "EMOTION_ADMIN_TOKEN")


def test_a_state_folder_that_cannot_be_written_is_named(
    call: Callable[..., httpx.Response], tmp_path: Path
) -> None:
    (tmp_path / "state").write_text("a file where the folder should be")
    policy = {"split": {"fp32": 1}, "reference": "fp32"}
    answer = call("PUT", "/routing", json=policy, headers=ADMIN)
    assert_error(answer, 503, "unavailable", "EMOTION_STATE")


def test_each_request_is_counted_once(call: Callable[..., httpx.Response]) -> None:
    labels = {"variant": "int8-dynamic", "assignment": "requested", "outcome": "ok"}
    before = count("REQUESTS", **labels), count("TEXTS", variant="int8-dynamic")
    joy = count("PREDICTIONS", variant="int8-dynamic", label="joy")
    call("POST", "/classify", json={"texts": ["happy", "sad"], "variant": "int8-dynamic"})
    assert count("REQUESTS", **labels) == before[0] + 1
    assert count("TEXTS", variant="int8-dynamic") == before[1] + 2
    assert count("PREDICTIONS", variant="int8-dynamic", label="joy") == joy + 1
    refused = {"variant": "none", "assignment": "none", "outcome": "client_error"}
    before_refused = count("REQUESTS", **refused)
    call("POST", "/classify", content="{", headers=JSON)
    call("GET", "/nope")
    assert count("REQUESTS", **refused) == before_refused + 1


def test_other_headers_may_hold_what_they_like(call: Callable[..., httpx.Response]) -> None:
    headers = {b"content-type": b"application/json", b"user-agent": b"caf\xe9"}
    assert call("POST", "/classify", content='{"text": "x"}', headers=headers).status_code == 200


def test_a_fault_of_ours_is_counted_and_tells_nothing(
    call: Callable[..., httpx.Response],
    setup: Setup,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def fail(_: object) -> None:
        raise RuntimeError(TEXT)

    monkeypatch.setattr(PolicyFile, "current", fail)
    labels = {"variant": "none", "assignment": "none", "outcome": "server_error"}
    before = count("REQUESTS", **labels)
    assert_error(call("POST", "/classify", json={"text": TEXT}), 500, "internal")
    assert count("REQUESTS", **labels) == before + 1
    assert "RuntimeError at" in caplog.text
    assert "4f1c2a" not in caplog.text


def test_a_file_that_breaks_its_reader_leaves_the_others_serving(
    variants: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    original = Classifier.open.__func__

    def fail(cls: type[Classifier], path: Path) -> Classifier:
        if path.stem == "int8-static":
            raise ZeroDivisionError
        return original(cls, path)

    monkeypatch.setattr(Classifier, "open", classmethod(fail))
    catalog = Catalog(variants)
    assert set(catalog.loaded) == {"fp32", "int8-dynamic"}
    assert catalog.find("int8-static").problem == "the file cannot be used"
