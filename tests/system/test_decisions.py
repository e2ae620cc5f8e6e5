"""Variants that decide in different ways, side by side behind several workers, over real HTTP."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from edgemood import Artifact
from service.client import Client
from service.experiment.prometheus import from_text
from service.experiment.report import build_report
from service.routing.policy import PolicyChange, ShadowSettings
from tests.system.caller import wait_for
from tests.system.calls import TOKEN, metrics_of, samples

KEYS = [f"user-{i}" for i in range(40)]
TEXTS = ["happy", "happy sad", "am"]
"""The variants with abstention answer the first text only."""
LABELS = {
    "fp32": [["joy"], ["joy", "sadness"], ["neutral"]],
    "careful": [["joy"], [], []],
    "single-careful": [["joy"], [], []],
}


def value(page: str, name: str, labels: str) -> float:
    return samples(page, name)[f"{{{labels}}}"]


@pytest.mark.usefixtures("decisions")
def test_a_split_between_kinds_of_variants(serve: Callable[..., Any]) -> None:
    split = {"fp32": 1, "careful": 1, "single-careful": 1}
    shadow = ShadowSettings(variant="careful", fraction=1.0)
    change = PolicyChange(split=split, reference="fp32", shadow=shadow)
    answered = dict.fromkeys(split, 0)
    with serve(EMOTION_WORKERS="2") as server, Client(server.url, admin_token=TOKEN) as client:
        client.set_routing(change)
        page = metrics_of(server.url)
        assert {value(page, "emotion_unsure_texts_total", f'variant="{v}"') for v in split} == {0}
        for key in KEYS:
            answer = client.classify(TEXTS, key=key)
            answered[answer.variant] += 1
            assert [result.labels for result in answer.results] == LABELS[answer.variant]
            unsure = [None] * 3 if answer.variant == "fp32" else [False, True, True]
            assert [result.unsure for result in answer.results] == unsure
            client.feedback(answer.receipt, [["joy"], ["joy"], ["neutral"]])
        assert all(answered.values())
        wait_for(lambda: shadowed(server.url) == 3 * (len(KEYS) - answered["careful"]))
        page = metrics_of(server.url)
    for name, requests in answered.items():
        unsure = 0 if name == "fp32" else 2 * requests
        variant = f'variant="{name}"'
        assert value(page, "emotion_texts_total", variant) == 3 * requests
        assert value(page, "emotion_unsure_texts_total", variant) == unsure
        assert value(page, "emotion_feedback_texts_total", variant) == 3 * requests
        assert value(page, "emotion_feedback_unsure_texts_total", variant) == unsure
        missed = value(page, "emotion_feedback_total", f'label="neutral",result="fn",{variant}')
        assert missed == 0
    by_name = {side.variant: side for side in build_report(from_text(page)).sides}
    assert by_name["fp32"].unsure is None
    for name in ("careful", "single-careful"):
        share = by_name[name].unsure
        assert share is not None
        assert share.value == pytest.approx(2 / 3)
        assert by_name[name].macro_f1 is not None
        assert by_name[name].macro_f1.value == 1
    assert by_name["fp32"].agreement["careful"].value == 1  # on the texts that both answered


def shadowed(url: str) -> float:
    """Texts that were compared with the shadow."""
    return sum(samples(metrics_of(url), "emotion_shadow_total").values())


@pytest.mark.usefixtures("decisions")
def test_the_bytes_of_usual_variants_do_not_change_beside_others(serve: Callable[..., Any]) -> None:
    with serve() as server, server.client() as client:
        body = {"texts": TEXTS, "variant": "fp32"}
        usual = client.post("/classify", json=body).text
        assert "unsure" not in usual
        named = client.get("/variants/fp32").text
        for name in ("decision", "calibrat", "abstention", "unsure"):
            assert name not in named
        careful = client.post("/classify", json={"text": "am", "variant": "careful"}).text
        assert '"labels":[],"scores":{' in careful
        assert '},"unsure":true}],"receipt":"' in careful


def test_a_file_of_another_kind_replaces_one_while_requests_run(
    serve: Callable[..., Any], variants: Path, artifact: Artifact
) -> None:
    def labels(url: str) -> tuple[list[str], bool | None]:
        body = {"text": "happy sad", "variant": "fp32"}
        (result,) = httpx.post(f"{url}/classify", json=body).json()["results"]
        return result["labels"], result.get("unsure")

    single = {"decision": "single-label", "thresholds": (0, 0, 0)}
    unsure = {**single, "abstention": {"threshold": 0.6, "coverage": 0.7}}
    with serve() as server:
        assert labels(server.url) == (["joy", "sadness"], None)
        receipt = httpx.post(f"{server.url}/classify", json={"text": "happy"}).json()["receipt"]
        for changes, expected in ((single, (["joy"], None)), (unsure, ([], True))):
            artifact.with_manifest(name="fp32", **changes).save(variants / "fp32.safetensors")
            wait_for(lambda expected=expected: labels(server.url) == expected)
        feedback = {"receipt": receipt, "labels": ["joy"]}
        assert httpx.post(f"{server.url}/feedback", json=feedback).status_code == 410
