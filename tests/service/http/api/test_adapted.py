"""A variant that was adapted to labels of its own, beside the others."""

from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from edgemood import Artifact, Classifier

ADAPTED = {
    "labels": ("good", "other"),
    "thresholds": (0.5, 0.4),
    "adaptation": {
        "joined": ((1, 2),),
        "weights": ((1, 0, 0, 0), (0, 0, 0, 1)),
        "biases": (0.5, 0),
        "parent": {"name": "tiny", "sha256": 64 * "a"},
        "texts": 300,
        "gain": 0.1,
        "gain_low": 0.05,
        "gain_high": 0.15,
    },
}
TEXTS = ["happy", "happy sad", "am"]
pytestmark = pytest.mark.usefixtures("adapted")


@pytest.fixture
def adapted(artifact: Artifact, variants: Path) -> None:
    """Adds it to the folder; use it before the fixture of a service."""
    artifact.with_manifest(name="adapted", **ADAPTED).save(variants / "adapted.safetensors")


def test_scores_are_those_of_the_classifier(
    call: Callable[..., httpx.Response], artifact: Artifact
) -> None:
    answer = call("POST", "/classify", json={"texts": TEXTS, "variant": "adapted"}).json()
    expected = Classifier(artifact.with_manifest(**ADAPTED)).classify(TEXTS)
    for result, own in zip(answer["results"], expected, strict=True):
        assert result["labels"] == list(own.labels)
        assert result["scores"] == {label: round(x, 6) for label, x in own.scores.items()}
    labels = [result["labels"] for result in answer["results"]]
    assert labels == [["good"], ["good", "other"], ["other"]]


def test_feedback_has_its_labels(call: Callable[..., httpx.Response]) -> None:
    receipt = call("POST", "/classify", json={"text": "happy", "variant": "adapted"}).json()[
        "receipt"
    ]
    wrong = call("POST", "/feedback", json={"receipt": receipt, "labels": ["joy"]})
    assert wrong.status_code == 422
    right = call("POST", "/feedback", json={"receipt": receipt, "labels": ["good"]})
    assert right.status_code == 200


def test_it_is_listed_as_calibrated_with_its_parent(call: Callable[..., httpx.Response]) -> None:
    found = call("GET", "/variants/adapted").json()
    assert (found["state"], found["calibrated"]) == ("loaded", True)
    assert found["manifest"]["adaptation"]["parent"] == {"name": "tiny", "sha256": 64 * "a"}
    assert found["manifest"]["labels"] == ["good", "other"]


def test_it_is_compared_with_variants_of_other_labels(call: Callable[..., httpx.Response]) -> None:
    answer = call("POST", "/compare", json={"text": "happy"}).json()
    by_name = {result["variant"]: result for result in answer["results"]}
    assert by_name["adapted"]["labels"] == ["good"]
    assert by_name["fp32"]["labels"] == ["joy"]
