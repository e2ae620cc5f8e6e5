"""Feedback on earlier responses, over ASGI."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from edgemood import Artifact
from service.inference.judged_pairs import FILE_NAME, JudgedPairs, Pair
from service.inference.logit_codes import decode
from service.inference.receipts import Receipts
from service.observability import metrics
from service.schemas import FeedbackRequest


def receipt_for(call: Callable[..., httpx.Response], *texts: str) -> str:
    return call("POST", "/classify", json={"texts": list(texts)}).json()["receipt"]


def counted(count: Callable[..., float]) -> dict[tuple[str, str], float]:
    return {
        (label, result): count("FEEDBACK", variant="fp32", label=label, result=result)
        for label in ("joy", "sadness", "neutral")
        for result in ("tp", "fp", "fn")
    }


def test_true_and_false_positives_and_false_negatives_are_counted(
    call: Callable[..., httpx.Response], count: Callable[..., float]
) -> None:
    receipt = receipt_for(call, "happy", "sad")  # joy; sadness
    before, texts = counted(count), count("FEEDBACK_TEXTS", variant="fp32")
    body = {"receipt": receipt, "labels": [["joy", "neutral"], ["joy"]]}
    response = call("POST", "/feedback", json=body)
    assert response.json() == {"variant": "fp32", "texts": 2, "kept": 2}
    grown = {key: value - before[key] for key, value in counted(count).items()}
    assert {key for key, value in grown.items() if value} == {
        ("joy", "tp"),
        ("neutral", "fn"),
        ("sadness", "fp"),
        ("joy", "fn"),
    }
    assert set(grown.values()) == {0, 1}
    assert count("FEEDBACK_TEXTS", variant="fp32") == texts + 2


@pytest.mark.usefixtures("decisions")
def test_feedback_on_unsure_texts_is_counted_apart(
    call: Callable[..., httpx.Response], count: Callable[..., float]
) -> None:
    def counts() -> list[float]:
        figures = [
            count("FEEDBACK", variant="careful", label=label, result=result)
            for label, result in (("joy", "tp"), ("joy", "fp"), ("joy", "fn"), ("sadness", "fn"))
        ]
        texts = [count(name, variant="careful") for name in ("FEEDBACK_TEXTS", "FEEDBACK_UNSURE")]
        return figures + texts

    body = {"texts": ["happy", "happy sad", "am"], "variant": "careful"}  # the others are unsure
    receipt = call("POST", "/classify", json=body).json()["receipt"]
    before = counts()
    truth = {"receipt": receipt, "labels": [["joy", "sadness"], ["joy"], []]}
    assert call("POST", "/feedback", json=truth).json() == {
        "variant": "careful",
        "texts": 3,
        "kept": 3,
    }
    grown = [now - then for now, then in zip(counts(), before, strict=True)]
    assert grown == [1, 0, 0, 1, 3, 2]


def test_one_text_takes_a_plain_list_once(
    call: Callable[..., httpx.Response], assert_error: Callable[..., None]
) -> None:
    body = {"receipt": receipt_for(call, "happy"), "labels": []}
    assert call("POST", "/feedback", json=body).status_code == 200
    again = call("POST", "/feedback", json=body)
    assert_error(again, 409, "receipt_used", "used before")


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        (["joy", "fury"], "labels.1: not a label of the variant; it has: joy, sadness, neutral"),
        ([["joy"], ["joy"]], "labels: the answer was about 1 texts"),
        ([1], "labels"),
        ([["joy"], "joy"], "labels"),
        ("joy", "labels"),
    ],
)
def test_labels_that_do_not_fit_are_refused_and_leave_the_receipt_unused(
    call: Callable[..., httpx.Response],
    labels: Any,
    message: str,
    assert_error: Callable[..., None],
) -> None:
    receipt = receipt_for(call, "happy")
    response = call("POST", "/feedback", json={"receipt": receipt, "labels": labels})
    assert_error(response, 422, "invalid_field", message)
    assert "fury" not in response.text
    right = {"receipt": receipt, "labels": ["joy"]}
    assert call("POST", "/feedback", json=right).status_code == 200


def test_foreign_and_outdated_receipts_are_refused(
    call: Callable[..., httpx.Response],
    setup: Any,
    variants: Path,
    artifact: Artifact,
    assert_error: Callable[..., None],
) -> None:
    def send(receipt: str) -> httpx.Response:
        return call("POST", "/feedback", json={"receipt": receipt, "labels": ["joy"]})

    assert_error(send("AQ"), 422, "invalid_field", "receipt: not a receipt")
    foreign = Receipts(b"of another server").issue("fp32", "", ("joy",), [["joy"]])
    assert_error(send(foreign), 422, "invalid_field", "receipt: not a receipt")
    gone = setup.receipts.issue("gone", "", ("joy",), [["joy"]])
    assert_error(send(gone), 410, "receipt_expired", "receipt: its variant was removed")
    broken = setup.receipts.issue("broken", "", ("joy",), [["joy"]])
    assert_error(send(broken), 503, "unavailable", "broken")
    labels = ("joy", "sadness", "neutral")
    replaced = setup.receipts.issue("fp32", "sha of an older file", labels, [["joy"]])
    assert_error(send(replaced), 410, "receipt_expired", "file was replaced")
    setup.receipts._lifetime_ns = -1
    old = setup.receipts.issue("fp32", "", labels, [["joy"]])
    assert_error(send(old), 410, "receipt_expired", "receipt: too old")


def test_an_unknown_label_of_a_batch_is_named_by_text_and_position(
    call: Callable[..., httpx.Response], assert_error: Callable[..., None]
) -> None:
    body = {"receipt": receipt_for(call, "happy", "sad"), "labels": [[], ["joy", "fury"]]}
    assert_error(call("POST", "/feedback", json=body), 422, "invalid_field", "labels.1.1: not")


@pytest.mark.usefixtures("decisions")
@pytest.mark.parametrize("variant", ["fp32", "single-careful"])
def test_a_receipt_carries_the_logits_before_calibration(
    call: Callable[..., httpx.Response], setup: Any, variant: str
) -> None:
    """By hand: the mean of the words' vectors through the layer; (4, 0) for `happy`."""
    body = {"texts": ["happy", "happy sad"], "variant": variant}
    receipt = setup.receipts.read(call("POST", "/classify", json=body).json()["receipt"])
    assert decode(receipt.logits).tolist() == [[3, -1, -3], [1, 1, -3]]


def pairs_of(setup: Any) -> list[tuple[str, Pair]]:
    kept = JudgedPairs(setup.state, max_pairs=1).all()
    return [(of_file.source.variant, pair) for of_file in kept for pair in of_file.pairs]


@pytest.mark.usefixtures("decisions")
def test_logits_and_true_labels_are_kept_without_the_text(
    call: Callable[..., httpx.Response], setup: Any, count: Callable[..., float]
) -> None:
    before = count("FEEDBACK_PAIRS", variant="careful", event="kept")
    body = {"texts": ["happy", "happy sad"], "variant": "careful", "key": "user-4711"}
    receipt = call("POST", "/classify", json=body).json()["receipt"]
    assert not setup.state.exists()
    truth = {"receipt": receipt, "labels": [["sadness", "sadness", "joy"], []]}
    assert call("POST", "/feedback", json=truth).json()["kept"] == 2
    # The logits 3, -1, -3 and 1, 1, -3 in steps of 1/8. The variant was unsure of the second text.
    first = Pair(bytes((24, 256 - 8, 256 - 24)), predicted=0b001, true=0b011)
    second = Pair(bytes((8, 8, 256 - 24)), predicted=None, true=0)
    assert pairs_of(setup) == [("careful", first), ("careful", second)]
    assert count("FEEDBACK_PAIRS", variant="careful", event="kept") == before + 2
    for path in setup.state.iterdir():
        content = path.read_bytes()
        assert not any(word in content for word in (b"happy", b"sad ", b"user-4711"))


def test_the_bound_is_a_setting_and_what_it_drops_is_counted(
    call: Callable[..., httpx.Response], setup: Any, count: Callable[..., float]
) -> None:
    setup.pairs.max_pairs = 3
    before = count("FEEDBACK_PAIRS", variant="fp32", event="dropped")
    for texts in (["happy"] * 2, ["sad"] * 2):
        body = {"receipt": receipt_for(call, *texts), "labels": [[], []]}
        assert call("POST", "/feedback", json=body).json()["kept"] == 2
    assert len(pairs_of(setup)) == 3
    assert count("FEEDBACK_PAIRS", variant="fp32", event="dropped") == before + 1


@pytest.mark.parametrize("feedback_pairs", [0])
def test_nothing_is_kept_if_the_bound_is_zero(
    call: Callable[..., httpx.Response], setup: Any, feedback_pairs: int
) -> None:
    receipt = receipt_for(call, "happy")
    assert setup.receipts.read(receipt).logits is None
    answer = call("POST", "/feedback", json={"receipt": receipt, "labels": ["joy"]}).json()
    assert answer == {"variant": "fp32", "texts": 1, "kept": 0}
    assert not setup.state.exists()


def test_feedback_counts_if_it_cannot_be_kept_and_says_so(
    call: Callable[..., httpx.Response],
    setup: Any,
    count: Callable[..., float],
    caplog: pytest.LogCaptureFixture,
) -> None:
    def judge() -> dict[str, Any]:
        body = {"receipt": receipt_for(call, "happy"), "labels": ["joy"]}
        return call("POST", "/feedback", json=body).json()

    before = count("FEEDBACK_PAIRS", variant="fp32", event="failed")
    counts = count("FEEDBACK", variant="fp32", label="joy", result="tp")
    setup.state.write_bytes(b"a file in the place of the folder")
    assert [judge()["kept"] for _ in range(3)] == [0, 0, 0]
    assert count("FEEDBACK_PAIRS", variant="fp32", event="failed") == before + 3
    assert caplog.text.count("judged texts cannot be kept: ") == 1
    setup.state.unlink()
    assert judge()["kept"] == 1
    assert count("FEEDBACK", variant="fp32", label="joy", result="tp") == counts + 4


def test_a_receipt_that_another_worker_kept_is_used(
    call: Callable[..., httpx.Response],
    setup: Any,
    variants: Path,
    count: Callable[..., float],
    assert_error: Callable[..., None],
) -> None:
    body = {"receipt": receipt_for(call, "happy"), "labels": ["joy"]}
    other = type(setup)(variants, setup.state)
    other.services.feedback.record(FeedbackRequest(**body))
    counts = count("FEEDBACK_TEXTS", variant="fp32")
    assert_error(call("POST", "/feedback", json=body), 409, "receipt_used", "used before")
    assert count("FEEDBACK_TEXTS", variant="fp32") == counts
    assert len(pairs_of(setup)) == 1


def test_a_damaged_file_is_counted_and_feedback_goes_on(
    call: Callable[..., httpx.Response], setup: Any
) -> None:
    setup.state.mkdir()
    (setup.state / FILE_NAME).write_bytes(b"no database" * 1000)
    before = metrics.FEEDBACK_DAMAGED._value.get()
    body = {"receipt": receipt_for(call, "happy"), "labels": ["joy"]}
    assert call("POST", "/feedback", json=body).json()["kept"] == 1
    assert metrics.FEEDBACK_DAMAGED._value.get() == before + 1
    assert len(pairs_of(setup)) == 1


def test_receipts_of_earlier_versions_count_and_are_not_kept(
    call: Callable[..., httpx.Response], setup: Any
) -> None:
    variant = setup.repository.find("fp32")
    labels = variant.loaded_classifier.labels
    receipt = setup.receipts.issue("fp32", variant.sha256, labels, [["joy"]])
    answer = call("POST", "/feedback", json={"receipt": receipt, "labels": ["joy"]})
    assert answer.json() == {"variant": "fp32", "texts": 1, "kept": 0}
    again = call("POST", "/feedback", json={"receipt": receipt, "labels": ["joy"]})
    assert again.status_code == 409
