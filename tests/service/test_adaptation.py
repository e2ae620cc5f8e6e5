"""`POST /variants/{name}/adapt`: from judged answers to a new variant, or a reason why not."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest

from edgemood import Artifact
from edgemood.adaptation.adapting import Examples, fit_adaptation
from edgemood.adaptation.label_set import LabelSet
from service import adaptation as adaptation_module
from service.errors import DeadlineExceededError
from service.feedback_schemas import AdaptRequest
from service.inference.judged_pairs import Judgement, Pair, Source
from service.inference.logit_codes import decode, encode

ADMIN = {"authorization": "Bearer secret token"}
LABELS = ("joy", "sadness", "neutral")


def judge(
    setup: Any, *, shift: float | tuple[float, ...], texts: int = 200, name: str = "fp32"
) -> list[Pair]:
    """Judge answers to texts whose labels are those with a logit above `shift`."""
    bounds = shift if isinstance(shift, tuple) else (shift,) * 3
    logits = np.random.default_rng(5).normal(0, 2, size=(texts, 3)).astype(np.float32)
    pairs = [
        Pair(code, predicted=0, true=sum(1 << i for i in range(3) if row[i] > bounds[i]))
        for code, row in zip(encode(logits), logits.tolist(), strict=True)
    ]
    source = Source(name, setup.repository.find(name).sha256, LABELS)
    setup.pairs.keep(Judgement(source, name.encode(), 10**18, pairs))
    return pairs


@pytest.fixture
def adapt(call: Callable[..., httpx.Response]) -> Callable[..., httpx.Response]:
    def send(variant: str = "fp32", **body: Any) -> httpx.Response:
        return call("POST", f"/variants/{variant}/adapt", headers=ADMIN, json=body)

    return send


def test_a_candidate_is_written_loaded_and_answers(
    call: Callable[..., httpx.Response],
    adapt: Callable[..., httpx.Response],
    setup: Any,
    variants: Path,
) -> None:
    """A text with a logit of 1 for joy has joy before, and not after: the truth begins at 1.5."""
    pairs = judge(setup, shift=1.5)
    response = adapt(name="mine")
    assert response.status_code == 200
    found = response.json()
    parent = setup.repository.find("fp32")
    assert {name: found[name] for name in ("variant", "parent", "parent_sha256", "texts")} == {
        "variant": "mine",
        "parent": "fp32",
        "parent_sha256": parent.sha256,
        "texts": 200,
    }
    assert 0 < found["gain"]["low"] <= found["gain"]["value"] <= found["gain"]["high"]
    for i, label in enumerate(LABELS):
        row = found["labels"][label]
        assert row["true"] == sum(pair.true >> i & 1 for pair in pairs)
        assert row["before"] < row["after"]
    manifest = Artifact.open(variants / "mine.safetensors").manifest
    assert manifest.adaptation.parent.sha256 == parent.sha256
    labels = {}
    for name in ("fp32", "mine"):
        body = {"text": "happy sad", "variant": name}  # logits 1, 1, -3
        labels[name] = call("POST", "/classify", json=body).json()["results"][0]["labels"]
    assert labels == {"fp32": ["joy", "sadness"], "mine": []}
    assert setup.policy_store.in_force.split.keys().isdisjoint({"mine"})


def test_the_fit_is_that_of_the_library(
    adapt: Callable[..., httpx.Response], setup: Any, variants: Path
) -> None:
    pairs = judge(setup, shift=1.5)
    classifier = setup.repository.find("fp32").loaded_classifier
    codes = [pair.logits for pair in pairs]
    targets = np.array([[bool(pair.true >> i & 1) for i in range(3)] for pair in pairs])
    examples = Examples(decode(codes), targets, [code.hex() for code in codes])
    expected = fit_adaptation(
        classifier.artifact.manifest, LabelSet.same(classifier.labels), examples
    )
    assert adapt(name="mine").json()["gain"]["value"] == round(expected.gain.estimate, 4)
    found = Artifact.open(variants / "mine.safetensors").manifest.adaptation
    np.testing.assert_allclose(found.weights, expected.map.weights)


@pytest.mark.usefixtures("decisions")
def test_an_adapted_candidate_of_a_calibrated_variant_collects_and_is_adapted_again(
    call: Callable[..., httpx.Response], adapt: Callable[..., httpx.Response], setup: Any
) -> None:
    """Logits are those of the network for every generation."""
    setup.repository.refresh()
    judge(setup, shift=0, name="single-careful")
    assert adapt("single-careful", name="one", force=True).status_code in (200, 409)
    judge(setup, shift=1.5)
    assert adapt(name="first").status_code == 200
    body = {"text": "happy", "variant": "first"}
    receipt = call("POST", "/classify", json=body).json()["receipt"]
    assert decode(setup.receipts.read(receipt).logits).tolist() == [[3, -1, -3]]
    judge(setup, shift=-1.5, name="first")
    second = adapt("first", name="second")
    assert second.status_code == 200
    assert second.json()["parent"] == "first"


def test_nothing_is_written_without_a_clear_gain_unless_it_is_forced(
    adapt: Callable[..., httpx.Response],
    setup: Any,
    variants: Path,
    assert_error: Callable[..., None],
) -> None:
    """The truth is what the variant says; thresholds are .5, .5 and .6, a logit of .405."""
    judge(setup, shift=(0, 0, 0.405))
    before = sorted(variants.iterdir())
    assert_error(adapt(name="mine"), 409, "not_adapted", "no clear gain: ")
    assert sorted(variants.iterdir()) == before
    assert adapt(name="mine", force=True).status_code == 200
    assert (variants / "mine.safetensors").exists()


@pytest.mark.parametrize(
    ("variant", "body", "status", "code", "message"),
    [
        ("fp32", {"name": "int8-static"}, 409, "not_adapted", "name: there is a variant int8-sta"),
        ("fp32", {"name": "broken"}, 409, "not_adapted", "name: there is a variant broken"),
        ("int8-static", {"name": "mine"}, 409, "not_adapted", "none of its file's answers"),
        ("fp32", {"name": "mine"}, 409, "not_adapted", "fp32: 20 texts; at least 30"),
        ("gone", {"name": "mine"}, 404, "unknown_variant", "no variant"),
        ("broken", {"name": "mine"}, 503, "unavailable", "not loaded"),
        ("fp32", {"name": "../mine"}, 422, "invalid_field", "name"),
        ("fp32", {"name": "Mine"}, 422, "invalid_field", "name"),
        ("fp32", {}, 422, "invalid_field", "name"),
        ("fp32", {"name": "a", "forced": True}, 422, "invalid_field", "forced"),
    ],
)
def test_what_is_refused(
    adapt: Callable[..., httpx.Response],
    setup: Any,
    variants: Path,
    assert_error: Callable[..., None],
    variant: str,
    body: dict[str, Any],
    status: int,
    code: str,
    message: str,
) -> None:
    judge(setup, shift=1.5, texts=20)
    before = sorted(variants.iterdir())
    assert_error(adapt(variant, **body), status, code, message)
    assert sorted(variants.iterdir()) == before


def test_it_needs_the_admin_token(
    call: Callable[..., httpx.Response], assert_error: Callable[..., None]
) -> None:
    response = call("POST", "/variants/fp32/adapt", json={"name": "mine"})
    assert_error(response, 401, "unauthorized")


def test_a_folder_that_cannot_be_written_is_reported(
    adapt: Callable[..., httpx.Response],
    setup: Any,
    monkeypatch: pytest.MonkeyPatch,
    assert_error: Callable[..., None],
) -> None:
    def fail(*_: object) -> None:
        raise OSError(30, "Read-only file system")

    judge(setup, shift=1.5)
    monkeypatch.setattr(Artifact, "save", fail)
    assert_error(adapt(name="mine"), 503, "unavailable", "Read-only file system; EMOTION_VARIANTS")


def test_the_newest_answers_are_used_and_the_deadline_ends_the_fit(
    adapt: Callable[..., httpx.Response], setup: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(adaptation_module, "MAX_PAIRS", 150)
    judge(setup, shift=1.5)

    def late() -> None:
        raise DeadlineExceededError(1)

    with pytest.raises(DeadlineExceededError):
        setup.services.adaptation.adapt("fp32", AdaptRequest(name="mine"), check=late)
    assert adapt(name="mine").json()["texts"] == 150
