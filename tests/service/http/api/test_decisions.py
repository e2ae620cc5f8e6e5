"""Responses about variants that are calibrated, single-label or unsure, beside the usual ones."""

import json
from collections.abc import Callable
from typing import Any

import anyio
import httpx
import pytest

from edgemood import Artifact, Classifier
from service.client import AsyncClient
from service.schemas import AbstentionInfo
from tests.conftest import DECISIONS

TEXTS = ["happy", "happy sad", "am"]
"""Their logits are (3, -1, -3), (1, 1, -3) and (-1, -1, 1)."""
pytestmark = pytest.mark.usefixtures("decisions")


def classified(call: Callable[..., httpx.Response], variant: str) -> dict[str, Any]:
    response = call("POST", "/classify", json={"texts": TEXTS, "variant": variant})
    assert response.status_code == 200
    return response.json()


@pytest.mark.parametrize("variant", ["fp32", "single"])
def test_variants_that_answer_every_text_say_nothing_of_it(
    call: Callable[..., httpx.Response], variant: str
) -> None:
    for result in classified(call, variant)["results"]:
        assert list(result) == ["labels", "scores"]


@pytest.mark.parametrize(
    ("variant", "labels"),
    [
        ("fp32", [["joy"], ["joy", "sadness"], ["neutral"]]),
        ("careful", [["joy"], [], []]),
        ("single", [["joy"], ["joy"], ["neutral"]]),
        ("single-careful", [["joy"], [], []]),
    ],
)
def test_labels(call: Callable[..., httpx.Response], variant: str, labels: list) -> None:
    assert [result["labels"] for result in classified(call, variant)["results"]] == labels


@pytest.mark.parametrize("variant", ["careful", "single-careful"])
def test_unsure_texts(call: Callable[..., httpx.Response], variant: str) -> None:
    results = classified(call, variant)["results"]
    assert [list(result) for result in results] == [["labels", "scores", "unsure"]] * 3
    assert [result["unsure"] for result in results] == [False, True, True]


@pytest.mark.parametrize("variant", DECISIONS)
def test_scores_are_those_of_the_classifier(
    call: Callable[..., httpx.Response], variant: str, artifact: Artifact
) -> None:
    own = Classifier(artifact.with_manifest(**DECISIONS[variant])).classify(TEXTS)
    for result, expected in zip(classified(call, variant)["results"], own, strict=True):
        assert result["scores"] == {label: round(x, 6) for label, x in expected.scores.items()}
        if "single" in variant:
            assert sum(result["scores"].values()) == pytest.approx(1, abs=2e-6)


def test_a_comparison_of_all_kinds(call: Callable[..., httpx.Response]) -> None:
    answer = call("POST", "/compare", json={"text": "happy sad"}).json()
    by_name = {result["variant"]: result for result in answer["results"]}
    assert {name: result.get("unsure") for name, result in by_name.items()} == {
        **dict.fromkeys(("fp32", "int8-dynamic", "int8-static", "single")),
        **dict.fromkeys(("careful", "single-careful"), True),
    }
    assert ("unsure" in by_name["fp32"], by_name["careful"]["labels"]) == (False, [])
    # The reference gives joy and sadness: one label of three differs, or two.
    assert by_name["single"]["agreement"] == pytest.approx(2 / 3)
    assert by_name["careful"]["agreement"] == pytest.approx(1 / 3)


def test_variants_tell_how_they_decide(call: Callable[..., httpx.Response]) -> None:
    found = {one["name"]: one for one in call("GET", "/variants").json()["variants"]}
    fields = ("decision", "calibrated", "abstention")
    for name in ("fp32", "broken"):
        assert not found[name].keys() & set(fields)
    assert [found["single"][field] for field in fields] == ["single-label", False, None]
    abstention = {"threshold": 0.9, "coverage": 0.5, "accuracy": None, "precision": 0.8}
    assert [found["careful"][field] for field in fields] == ["multi-label", False, abstention]
    single = found["single-careful"]
    assert (single["decision"], single["calibrated"]) == ("single-label", True)
    assert single["abstention"]["accuracy"] == 0.75
    assert single["manifest"]["calibration"] == {"slopes": [1, 1, 1], "biases": [0, 0.5, 0]}
    assert call("GET", "/variants/single-careful").json() == single


def test_the_client_has_all_of_it(setup: Any) -> None:
    async def use() -> None:
        transport = httpx.ASGITransport(app=setup.middleware)
        async with AsyncClient("http://test", transport=transport) as client:
            usual = await client.classify(TEXTS, variant="fp32")
            assert [result.unsure for result in usual.results] == [None] * 3
            careful = await client.classify(TEXTS, variant="careful")
            assert [result.unsure for result in careful.results] == [False, True, True]
            info = await client.variant("fp32")
            assert (info.decision, info.calibrated, info.abstention) == ("multi-label", False, None)
            info = await client.variant("single-careful")
            assert (info.decision, info.calibrated) == ("single-label", True)
            assert info.abstention == AbstentionInfo(threshold=0.9, coverage=0.5, accuracy=0.75)

    anyio.run(use)


def test_the_document_describes_optional_fields(call: Callable[..., httpx.Response]) -> None:
    schemas = json.loads(call("GET", "/docs.json").content)["components"]["schemas"]
    for name in ("Result", "Compared"):
        assert schemas[name]["properties"]["unsure"]["type"] == "boolean"
        assert "default" not in schemas[name]["properties"]["unsure"]
        assert "unsure" not in schemas[name]["required"]
    info = schemas["VariantInfo"]
    assert not {"decision", "calibrated", "abstention"} & set(info["required"])
    assert info["properties"]["decision"]["default"] == "multi-label"
    assert not {"SureResult", "SureCompared", "PlainVariantInfo"} & schemas.keys()
