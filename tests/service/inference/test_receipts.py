"""Receipts: format, signature, lifetime, and use once."""

import base64
import hashlib
import hmac

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.inference import receipts as receipts_module
from service.inference.receipts import (
    OldReceiptError,
    ReceiptError,
    Receipts,
    UsedReceiptError,
    variant_digest,
)
from service.schemas import MAX_RECEIPT_CHARACTERS

KEY = b"0123456789abcdef"
FILE = "sha"
LABELS = ("anger", "joy", "neutral")
EIGHT = tuple("abcdefgh")
NOW = 1_700_000_000 * 10**9


class Clock:
    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> int:
        return self.now


def test_a_receipt_by_hand() -> None:
    receipt = Receipts(KEY, clock=lambda: NOW).issue(
        "nano", FILE, LABELS, [["anger", "neutral"], []]
    )
    digest = hashlib.blake2b(b"sha\nanger\njoy\nneutral", digest_size=4).digest()
    # anger is bit 0, neutral bit 2: 5; no label for the second text.
    body = b"\x01" + NOW.to_bytes(8, "big") + b"\x04nano" + digest + b"\x03" + b"\x05\x00"
    signature = hmac.new(KEY, body, "sha256").digest()[:16]
    assert receipt == base64.urlsafe_b64encode(body + signature).decode().rstrip("=")
    assert len(receipt) == 50


@pytest.mark.parametrize(("labels", "masks"), [(LABELS, b"\x08\x02"), (EIGHT, b"\1\0\0\2")])
def test_a_receipt_with_an_unsure_text_by_hand(labels: tuple[str, ...], masks: bytes) -> None:
    """One bit more for each text: bit 3 with three labels, bit 8 of two bytes with eight."""
    receipts = Receipts(KEY, clock=lambda: NOW)
    receipt = receipts.issue("nano", FILE, labels, [None, [labels[1]]])
    facts = "\n".join((FILE, *labels)).encode()
    digest = hashlib.blake2b(facts, digest_size=4).digest()
    body = b"\x02" + NOW.to_bytes(8, "big") + b"\x04nano" + digest + bytes((len(labels),)) + masks
    signature = hmac.new(KEY, body, "sha256").digest()[:16]
    assert receipt == base64.urlsafe_b64encode(body + signature).decode().rstrip("=")
    assert receipts.read(receipt).predicted == (None, (1,))


def test_a_receipt_with_logits_by_hand() -> None:
    """As many logits as the network has outputs, which need not be the number of labels."""
    logits = np.array([[1, -0.25], [15, -300]], np.float32)
    receipts = Receipts(KEY, clock=lambda: NOW)
    receipt = receipts.issue("nano", FILE, LABELS, [["joy"], None], logits)
    digest = hashlib.blake2b(b"sha\nanger\njoy\nneutral", digest_size=4).digest()
    head = b"\x03" + NOW.to_bytes(8, "big") + b"\x04nano" + digest + b"\x03\x02"
    body = head + b"\x02\x08\xfe" + b"\x08\x78\x81"
    signature = hmac.new(KEY, body, "sha256").digest()[:16]
    assert receipt == base64.urlsafe_b64encode(body + signature).decode().rstrip("=")
    found = receipts.read(receipt)
    assert found.predicted == ((1,), None)
    assert found.logits == (b"\x08\xfe", b"\x78\x81")
    assert (found.issued, found.signature) == (NOW, signature)


@pytest.mark.parametrize(
    ("version", "unsure", "texts"), [(1, False, b"\x05\x00"), (2, True, b"\x05\x08")]
)
def test_receipts_of_earlier_versions_keep_their_meaning(
    version: int, unsure: bool, texts: bytes
) -> None:
    digest = variant_digest(FILE, LABELS)
    head = bytes((version,)) + NOW.to_bytes(8, "big") + b"\x04nano"
    body = head + digest + b"\x03" + texts
    signature = hmac.new(KEY, body, "sha256").digest()[:16]
    receipt = base64.urlsafe_b64encode(body + signature).decode().rstrip("=")
    found = Receipts(KEY, clock=lambda: NOW).read(receipt)
    assert found.predicted == ((0, 2), None if unsure else ())
    assert found.logits is None
    assert found.digest == digest


def test_without_logits_receipts_have_the_bytes_of_earlier_versions() -> None:
    logits = np.zeros((1, 3), np.float32)
    without, plain = (
        Receipts(KEY, clock=lambda: NOW, with_logits=False),
        Receipts(KEY, clock=lambda: NOW),
    )
    assert without.issue("nano", FILE, LABELS, [["joy"]], logits) == plain.issue(
        "nano", FILE, LABELS, [["joy"]]
    )


@pytest.mark.parametrize(
    ("labels", "texts", "fits"),
    [(28, 1, True), (28, 256, True), (255, 40, True), (255, 256, False), (7, 256, True)],
)
def test_no_receipt_is_longer_than_feedback_takes(labels: int, texts: int, fits: bool) -> None:
    names = tuple(f"label-{i}" for i in range(labels))
    receipts, logits = Receipts(KEY), np.ones((texts, labels), np.float32)
    receipt = receipts.issue("v" * 64, FILE, names, [[names[-1]]] * texts, logits)
    assert len(receipt) <= MAX_RECEIPT_CHARACTERS
    found = receipts.read(receipt)
    assert found.predicted == ((labels - 1,),) * texts
    assert found.logits == ((b"\x08" * labels,) * texts if fits else None)


def test_the_longest_receipt_with_logits_is_taken_and_the_next_one_has_none() -> None:
    names, receipts = tuple("abcdefghijklmno"), Receipts(KEY)
    lengths = {}
    for texts in range(600, 800):  # more than a request may have
        receipt = receipts.issue("v", FILE, names, [[]] * texts, np.ones((texts, 15), np.float32))
        lengths[texts] = (len(receipt), receipts.read(receipt).logits is not None)
    longest = max(length for length, with_logits in lengths.values() if with_logits)
    # 17 bytes a text: two for the mask of 15 labels and the bit of unsure texts, 15 for the logits.
    assert MAX_RECEIPT_CHARACTERS - 17 * 4 / 3 < longest + 2 <= MAX_RECEIPT_CHARACTERS + 2
    assert not all(with_logits for _, with_logits in lengths.values())


LABEL_SETS = st.lists(st.text(min_size=1, max_size=9), min_size=1, max_size=30, unique=True)


@given(st.data(), LABEL_SETS, st.from_regex(r"[a-z][a-z0-9.-]{0,30}", fullmatch=True))
def test_round_trip(data: st.DataObject, labels: list[str], variant: str) -> None:
    given_labels = st.lists(st.sampled_from(labels), unique=True)
    texts = data.draw(st.lists(st.none() | given_labels, min_size=1, max_size=9))
    outputs = data.draw(st.none() | st.integers(1, 30))
    logits = None if outputs is None else np.full((len(texts), outputs), -2, np.float32)
    receipts = Receipts(KEY)
    found = receipts.read(receipts.issue(variant, FILE, tuple(labels), texts, logits))
    assert found.logits == (outputs and (b"\xf0" * outputs,) * len(texts))
    assert found.variant == variant
    assert found.digest == variant_digest(FILE, tuple(labels))
    assert len(found.predicted) == len(texts)
    for positions, of_text in zip(found.predicted, texts, strict=True):
        assert (positions is None) == (of_text is None)
        assert {labels[i] for i in positions or ()} == set(of_text or ())


@given(st.data())
def test_a_changed_character_is_detected(data: st.DataObject) -> None:
    receipts = Receipts(KEY, clock=lambda: 10**18)  # the same receipt in each example
    logits = np.array([[0.5, -1, 2]], np.float32)
    receipt = receipts.issue("nano", FILE, LABELS, [["joy"]], logits)
    position = data.draw(st.integers(0, len(receipt) - 1))
    character = data.draw(
        st.sampled_from("ABCXYZabcxyz0189-_").filter(lambda x: x != receipt[position])
    )
    with pytest.raises(ReceiptError, match="not a receipt"):
        receipts.read(receipt[:position] + character + receipt[position + 1 :])


@given(st.text(max_size=200))
def test_other_text_is_not_a_receipt(text: str) -> None:
    with pytest.raises(ReceiptError, match="not a receipt"):
        Receipts(KEY).read(text)


def test_a_receipt_of_another_key_is_refused() -> None:
    receipt = Receipts(KEY).issue("nano", FILE, LABELS, [["joy"]])
    assert Receipts(KEY).read(receipt).predicted == ((1,),)
    with pytest.raises(ReceiptError, match="not a receipt"):
        Receipts(b"another key of 16").read(receipt)


def test_lifetime_and_clock_skew() -> None:
    clock = Clock()
    receipts = Receipts(KEY, clock=clock, lifetime_s=3600)
    receipt = receipts.issue("nano", FILE, LABELS, [[]])
    clock.now = NOW + 3600 * 10**9
    assert receipts.read(receipt).predicted == ((),)
    clock.now += 1
    with pytest.raises(OldReceiptError, match="too old; a receipt can be used for 3600 s"):
        receipts.read(receipt)
    clock.now = NOW - 60 * 10**9
    receipts.read(receipt)
    clock.now -= 1
    with pytest.raises(ReceiptError, match="from the future"):
        receipts.read(receipt)


def test_a_receipt_is_used_once_while_it_is_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock()
    receipts = Receipts(KEY, clock=clock)
    monkeypatch.setattr(receipts_module, "MAX_REMEMBERED", 2)
    issued = []
    for _ in range(3):
        clock.now += 1
        issued.append(receipts.issue("nano", FILE, LABELS, [["joy"]]))
    receipts.mark_used(issued[0])
    with pytest.raises(UsedReceiptError):
        receipts.mark_used(issued[0])
    receipts.mark_used(issued[1])
    receipts.mark_used(issued[2])  # exceeds the memory: the first is forgotten
    receipts.mark_used(issued[0])
    with pytest.raises(UsedReceiptError):
        receipts.mark_used(issued[2])
