"""Signed receipts of responses, which let any worker count feedback without stored state.

A receipt holds the time, the variant, the labels that it predicted for each text and their logits;
never a text. The signature is a truncated HMAC-SHA256. All in base64url, without padding:

    field       bytes
    version     1   3; without logits 2 if the variant was unsure of a text, else 1
    time        8   nanoseconds since 1970, big-endian
    name        1 + n   length and variant name
    digest      4   of the variant's file and labels
    labels      1   number of labels
    outputs     1   in version 3: logits of each text, which need not be as many as labels
    texts       for each text:
      mask      bit i is set if label i was predicted. ceil(labels / 8) bytes in version 1. The
                others have one more bit, the highest: the variant was unsure
      logits    in version 3, a byte for each; see `logit_codes`
    signature   16

Logits are left out of a receipt that would be longer than `POST /feedback` takes.
"""

import base64
import binascii
import hashlib
import hmac
import threading
import time
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import NamedTuple

from edgemood.arrays import Float32
from service.inference.logit_codes import encode
from service.schemas import MAX_LABELS, MAX_RECEIPT_CHARACTERS

LIFETIME_S = 7 * 24 * 3600
"""Older receipts are refused."""
MAX_REMEMBERED = 65_536
"""Used receipts that a worker remembers; the oldest is forgotten first."""
_MAX_SKEW_NS = 60 * 10**9
"""How far the clock of another replica may be ahead."""
_VERSION, _VERSION_WITH_UNSURE, _VERSION_WITH_LOGITS = 1, 2, 3
_MAX_BYTES = MAX_RECEIPT_CHARACTERS * 3 // 4
_SIGNATURE_BYTES = 16
_HEAD_BYTES = 10
"""Version, time and the length of the name."""
_DIGEST_BYTES = 4
_NOT_A_RECEIPT = "not a receipt of this service"


class ReceiptError(Exception):
    """This service did not issue the receipt; callers receive the message."""


class OldReceiptError(Exception):
    """The receipt is genuine and too old; callers receive the message."""


class UsedReceiptError(Exception):
    """This worker has counted the receipt already."""


class Receipt(NamedTuple):
    """The content of a receipt."""

    variant: str
    digest: bytes
    """See `variant_digest`."""
    predicted: tuple[tuple[int, ...] | None, ...]
    """For each text, the positions of the predicted labels; None if the variant was unsure."""
    logits: tuple[bytes, ...] | None
    """For each text, the codes of its logits; None if the receipt has none."""
    issued: int
    """Nanoseconds since 1970."""
    signature: bytes
    """Differs from that of any other receipt."""


class Receipts:
    """Issues receipts, reads them, and remembers which were used."""

    def __init__(
        self,
        key: bytes,
        *,
        clock: Callable[[], int] = time.time_ns,
        lifetime_s: float = LIFETIME_S,
        with_logits: bool = True,
    ) -> None:
        """Begin without any used receipt.

        Args:
            key: signs receipts; workers and replicas with the same key accept each other's.
            clock: returns nanoseconds since 1970.
            lifetime_s: how long a receipt can be used.
            with_logits: whether receipts hold the logits of the answers.
        """
        self._key, self._clock, self._with_logits = key, clock, with_logits
        self._lifetime_ns = int(lifetime_s * 1e9)
        self._used: dict[bytes, None] = {}
        self._using = threading.Lock()

    def issue(
        self,
        variant: str,
        file: str,
        labels: tuple[str, ...],
        predicted: Sequence[Sequence[str] | None],
        logits: Float32 | None = None,
    ) -> str:
        """A receipt for one response.

        Args:
            variant: name of the variant that answered.
            file: SHA-256 of its file.
            labels: all labels of the variant, in its order.
            predicted: the predicted labels of each text; None if the variant was unsure.
            logits: of the network, before calibration. *Shape:* `(texts, outputs)`.
        """
        fields = _variant_fields(variant, file, labels)
        if not self._with_logits or logits is None or not _has_room(fields, labels, logits):
            version = _VERSION_WITH_UNSURE if None in predicted else _VERSION
            return self._signed(version, fields, _masks(version, predicted, labels))
        version, outputs = _VERSION_WITH_LOGITS, bytes((logits.shape[1],))
        masks = _masks(version, predicted, labels)
        texts = [mask + codes for mask, codes in zip(masks, encode(logits), strict=True)]
        return self._signed(version, fields + outputs, texts)

    def read(self, receipt: str) -> Receipt:
        """The content of a receipt.

        Raises:
            ReceiptError: this service did not sign it, or will do so only in the future.
            OldReceiptError: its lifetime is over.
        """
        raw = _decoded(receipt)
        body, signature = raw[:-_SIGNATURE_BYTES], raw[-_SIGNATURE_BYTES:]
        if not hmac.compare_digest(self._sign(body), signature):
            raise ReceiptError(_NOT_A_RECEIPT)
        self._check_age(issued=int.from_bytes(body[1:9], "big"))
        return _parsed(body, signature)

    def mark_used(self, receipt: str) -> None:
        """Remember that a receipt, which `read` accepts, was used.

        Raises:
            UsedReceiptError: this worker remembers an earlier use.
        """
        signature = _decoded(receipt)[-_SIGNATURE_BYTES:]
        with self._using:
            if signature in self._used:
                raise UsedReceiptError
            self._used[signature] = None
            if len(self._used) > MAX_REMEMBERED:
                del self._used[next(iter(self._used))]

    def _check_age(self, *, issued: int) -> None:
        age = self._clock() - issued
        if age > self._lifetime_ns:
            raise OldReceiptError(
                f"too old; a receipt can be used for {self._lifetime_ns / 1e9:g} s"
            )
        if age < -_MAX_SKEW_NS:
            raise ReceiptError("from the future; this server's clock is behind another's")

    def _signed(self, version: int, fields: bytes, texts: Sequence[bytes]) -> str:
        head = (bytes((version,)), self._clock().to_bytes(8, "big"), fields)
        body = b"".join((*head, *texts))
        return base64.urlsafe_b64encode(body + self._sign(body)).rstrip(b"=").decode()

    def _sign(self, body: bytes) -> bytes:
        return hmac.digest(self._key, body, "sha256")[:_SIGNATURE_BYTES]


@lru_cache(maxsize=64)
def variant_digest(file: str, labels: tuple[str, ...]) -> bytes:
    """Identifies a file and the order of its labels, without which positions have no meaning."""
    facts = "\n".join((file, *labels))
    return hashlib.blake2b(facts.encode(), digest_size=_DIGEST_BYTES).digest()


@lru_cache(maxsize=64)
def _variant_fields(variant: str, file: str, labels: tuple[str, ...]) -> bytes:
    """The fields that all receipts of a variant share: name, digest, number of labels."""
    name, digest = variant.encode(), variant_digest(file, labels)
    return b"".join((bytes((len(name),)), name, digest, bytes((len(labels),))))


@lru_cache(maxsize=64)
def _positions(labels: tuple[str, ...]) -> dict[str, int]:
    return {label: i for i, label in enumerate(labels)}


def _masks(
    version: int, predicted: Sequence[Sequence[str] | None], labels: tuple[str, ...]
) -> list[bytes]:
    width, positions, unsure = (
        _mask_bytes(version, len(labels)),
        _positions(labels),
        1 << len(labels),
    )
    masks = [
        unsure if of_text is None else sum([1 << positions[label] for label in of_text])
        for of_text in predicted
    ]
    return [mask.to_bytes(width, "big") for mask in masks]


def _mask_bytes(version: int, labels: int) -> int:
    bits = labels if version == _VERSION else labels + 1
    return (bits + 7) // 8


def _has_room(fields: bytes, labels: tuple[str, ...], logits: Float32) -> bool:
    """Whether a receipt can hold these logits."""
    texts, outputs = logits.shape
    of_text = _mask_bytes(_VERSION_WITH_LOGITS, len(labels)) + outputs
    needed = _HEAD_BYTES + len(fields) + texts * of_text + _SIGNATURE_BYTES
    return bool(outputs <= MAX_LABELS and needed <= _MAX_BYTES)


def _decoded(receipt: str) -> bytes:
    padded = receipt + "=" * (-len(receipt) % 4)
    try:
        raw = base64.b64decode(padded, altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raise ReceiptError(_NOT_A_RECEIPT) from None
    # The decoder ignores the spare bits of the last character. Refusing any but zeros leaves each
    # receipt a single spelling, which no one can use twice under another one.
    if base64.urlsafe_b64encode(raw).rstrip(b"=") != receipt.encode():
        raise ReceiptError(_NOT_A_RECEIPT)
    return raw


def _parsed(body: bytes, signature: bytes) -> Receipt:
    """The fields of a body whose signature is valid."""
    name_end = _HEAD_BYTES + body[_HEAD_BYTES - 1]
    digest_end = name_end + _DIGEST_BYTES
    version, labels, rest = body[0], body[digest_end], body[digest_end + 1 :]
    has_logits = version == _VERSION_WITH_LOGITS
    outputs, rest = (rest[0], rest[1:]) if has_logits else (0, rest)
    width = _mask_bytes(version, labels)
    starts = range(0, len(rest), width + outputs)
    masks = [int.from_bytes(rest[i : i + width], "big") for i in starts]
    return Receipt(
        variant=body[_HEAD_BYTES:name_end].decode(),
        digest=body[name_end:digest_end],
        predicted=tuple(
            None if mask >> labels else tuple(i for i in range(labels) if mask >> i & 1)
            for mask in masks
        ),
        logits=tuple(rest[i + width : i + width + outputs] for i in starts) if has_logits else None,
        issued=int.from_bytes(body[1:9], "big"),
        signature=signature,
    )
