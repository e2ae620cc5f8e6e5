"""The calls of the API, over ASGI and without BentoML."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

TOKEN = "secret token"
JSON = {"content-type": "application/json"}
ADMIN = {"authorization": f"Bearer {TOKEN}", **JSON}


def test_one_text(call: Callable[..., httpx.Response]) -> None:
    response = call("POST", "/classify", json={"text": "happy"})
    assert response.status_code == 200
    body = response.json()
    assert list(body) == ["request_id", "variant", "assignment", "results", "receipt"]
    assert (body["variant"], body["assignment"]) == ("fp32", "split")
    (result,) = body["results"]
    assert result["labels"] == ["joy"]
    assert result["scores"] == {"joy": 0.952574, "sadness": 0.268941, "neutral": 0.047426}
    assert response.headers["x-variant"] == "fp32"
    assert response.headers["x-request-id"] == body["request_id"]
    stages = dict(part.split(";dur=") for part in response.headers["server-timing"].split(", "))
    assert list(stages) == ["wait", "tokenize", "infer", "total"]
    wait, tokenize, infer, total = map(float, stages.values())
    assert 0 <= wait + tokenize + infer <= total


def test_many_texts_in_order(call: Callable[..., httpx.Response]) -> None:
    body = call("POST", "/classify", json={"texts": ["sad", "happy", "zzz"]}).json()
    assert [r["labels"] for r in body["results"]] == [["sadness"], ["joy"], ["neutral"]]


@pytest.mark.parametrize("by", ["body", "header"])
def test_a_variant_by_name(call: Callable[..., httpx.Response], by: str) -> None:
    named = {"variant": "int8-static"} if by == "body" else {}
    headers = {"X-Variant": "int8-static"} if by == "header" else {}
    response = call("POST", "/classify", json={"text": "happy", **named}, headers=headers)
    assert (response.json()["variant"], response.json()["assignment"]) == (
        "int8-static",
        "requested",
    )


def test_variants(
    call: Callable[..., httpx.Response], variants: Path, assert_error: Callable[..., None]
) -> None:
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


def test_a_variant_that_answers_from_its_last_good_file_says_so(
    call: Callable[..., httpx.Response], setup: Any, variants: Path
) -> None:
    before = call("GET", "/variants/fp32").json()
    (variants / "fp32.safetensors").write_bytes(b"damaged")
    setup.repository.refresh()
    after = call("GET", "/variants/fp32").json()
    problem = "the file on disk is not used: container: not a safetensors file"
    assert after == {**before, "problem": problem}


def test_routing_is_read_and_changed(call: Callable[..., httpx.Response]) -> None:
    first = call("GET", "/routing")
    assert first.headers["etag"] == '"0"'
    assert first.json()["split"] == {"fp32": 100}
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
        (ADMIN, {"shadow": {"variant": "nope", "fraction": 0.1}}, 422, "invalid_field", "shadow.v"),
        (ADMIN, {"shadow": {"variant": "fp32", "fraction": 2.0}}, 422, "invalid_field", "shadow.f"),
        (ADMIN, {"shadow": {"variant": "fp32"}}, 422, "invalid_field", "shadow.fraction: "),
    ],
)
def test_policies_that_are_refused(
    call: Callable[..., httpx.Response],
    headers: dict[str, Any],
    new: dict[str, Any],
    status: int,
    code: str,
    message: str,
    assert_error: Callable[..., None],
) -> None:
    policy = {"split": {"fp32": 1}, "reference": "fp32", **new}
    response = call("PUT", "/routing", content=json.dumps(policy), headers=headers)
    assert_error(response, status, code, message)
    assert call("GET", "/routing").json()["version"] == 0


def test_a_reference_must_be_loaded(
    call: Callable[..., httpx.Response], assert_error: Callable[..., None]
) -> None:
    assert call("POST", "/variants/int8-static/unload", headers=ADMIN).status_code == 200
    for name in ("int8-static", "broken"):
        policy = {"split": {"fp32": 1}, "reference": name}
        response = call("PUT", "/routing", json=policy, headers=ADMIN)
        assert_error(response, 409, "not_loaded", f"reference: {name} is not loaded")
    assert call("GET", "/routing").json()["version"] == 0


def test_a_weight_of_nan_is_refused(
    call: Callable[..., httpx.Response], assert_error: Callable[..., None]
) -> None:
    content = '{"split": {"fp32": NaN}, "reference": "fp32"}'
    assert_error(
        call("PUT", "/routing", content=content, headers=ADMIN), 422, "invalid_field", "split.fp32"
    )


def test_without_a_token_admin_calls_are_off(
    call: Callable[..., httpx.Response], setup: Any, assert_error: Callable[..., None]
) -> None:
    setup.middleware._admin_gate._token = None
    response = call("PUT", "/routing", content="{}", headers=ADMIN)
    assert_error(response, 403, "admin_disabled", "EMOTION_ADMIN_TOKEN")


def test_a_state_folder_that_cannot_be_written_is_named(
    call: Callable[..., httpx.Response], tmp_path: Path, assert_error: Callable[..., None]
) -> None:
    (tmp_path / "state").write_text("a file where the folder should be")
    policy = {"split": {"fp32": 1}, "reference": "fp32"}
    response = call("PUT", "/routing", json=policy, headers=ADMIN)
    assert_error(response, 503, "unavailable", "EMOTION_STATE")


def test_a_variant_is_unloaded_and_loaded_again(
    call: Callable[..., httpx.Response], assert_error: Callable[..., None]
) -> None:
    policy = {"split": {"int8-static": 1}, "reference": "fp32"}
    assert call("PUT", "/routing", json=policy, headers=ADMIN).status_code == 200
    response = call("POST", "/variants/int8-static/unload", headers=ADMIN)
    assert (response.status_code, response.json()["state"]) == (200, "unloaded")
    assert call("GET", "/variants/int8-static").json() == response.json()
    named = {"text": "happy", "variant": "int8-static"}
    assert_error(call("POST", "/classify", json=named), 503, "unavailable", "not loaded")
    split = call("POST", "/classify", json={"text": "happy"}).json()
    assert (split["variant"], split["assignment"]) == ("fp32", "fallback")
    again = call("POST", "/variants/int8-static/load", headers=ADMIN)
    assert (again.status_code, again.json()["state"]) == (200, "loaded")
    split = call("POST", "/classify", json={"text": "happy"}).json()
    assert (split["variant"], split["assignment"]) == ("int8-static", "split")


@pytest.mark.parametrize("call_name", ["load", "unload"])
def test_loading_needs_the_admin_token_and_a_known_variant(
    call: Callable[..., httpx.Response],
    call_name: str,
    tmp_path: Path,
    assert_error: Callable[..., None],
) -> None:
    def send(name: str, **headers: str) -> httpx.Response:
        return call("POST", f"/variants/{name}/{call_name}", headers=headers)

    assert_error(send("int8-static"), 401, "unauthorized")
    for name in ("nope", "..", "%2e%2e", "a b"):
        response = send(name, **ADMIN)
        assert response.status_code == 404, name
    assert_error(call("GET", f"/variants/fp32/{call_name}"), 405, "method_not_allowed", "POST")
    assert not (tmp_path / "state").exists()


def test_impossible_loads_and_unloads_are_refused_with_the_reason(
    call: Callable[..., httpx.Response], assert_error: Callable[..., None], tmp_path: Path
) -> None:
    response = call("POST", "/variants/fp32/unload", headers=ADMIN)
    assert_error(response, 409, "variant_in_use", "reference")
    response = call("POST", "/variants/broken/load", headers=ADMIN)
    assert_error(response, 503, "unavailable", "not a safetensors file")
    shutil.rmtree(tmp_path / "state")
    (tmp_path / "state").write_text("a file where the folder should be")
    response = call("POST", "/variants/int8-static/unload", headers=ADMIN)
    assert_error(response, 503, "unavailable", "EMOTION_STATE")


def test_a_variant_that_answers_from_an_earlier_file_says_so(
    call: Callable[..., httpx.Response], variants: Path
) -> None:
    before = call("GET", "/variants/fp32").json()
    assert before["problem"] is None
    (variants / "fp32.safetensors").write_bytes(b"")
    after = call("GET", "/variants/fp32").json()
    assert after.pop("problem") == "the file on disk is not used: container: the file is empty"
    assert after == {name: value for name, value in before.items() if name != "problem"}
