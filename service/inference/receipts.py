"""Signed notes of what was answered, so that the truth can be told later to any worker.

A receipt holds the time, the variant and which labels it gave to each text; never a text. It is
signed with HMAC-SHA256, so nothing has to be stored to know that an answer was ours:

    version 1 | time 8 | length 1 | variant | digest of file and labels 4 | number of labels 1
    | one bit a label and text | signature 16        all in base64url
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

LIFETIME_S = 7 * 24 * 3600
"""After this a receipt is too old."""
MAX_REMEMBERED = 65_536
"""Receipts of which a worker remembers that they were used; the oldest are forgotten first."""
_SKEW_NS = 60 * 10**9
"""Clocks of replicas may differ by a minute."""
_VERSION = 1
_SIGNATURE_BYTES = 16
_HEAD_BYTES = 10
_DIGEST_BYTES = 4


class ReceiptError(Exception):
    """A receipt cannot be used; the message says why, for the caller."""


class UsedReceiptError(Exception):
    """This worker has seen the receipt before."""


class Receipt(NamedTuple):
    """What a receipt says."""

    variant: str
    variant_digest: bytes
    given: tuple[tuple[int, ...], ...]
    """For each text the positions of the labels that it got."""


class Receipts:
    """Issues receipts and reads them back."""

    def __init__(
        self, key: bytes, *, clock: Callable[[], int] = time.time_ns, lifetime_s: float = LIFETIME_S
    ) -> None:
        """Begin with an empty memory.

        Args:
            key: signs; workers and replicas that shall know each other's receipts share it.
            clock: nanoseconds since 1970.
            lifetime_s: how long a receipt can be used.
        """
        self._key, self._clock = key, clock
        self._lifetime_ns = int(lifetime_s * 1e9)
        self._used: dict[bytes, None] = {}
        self._using = threading.Lock()

    def issue(
        self, variant: str, file: str, labels: tuple[str, ...], given: Sequence[Sequence[str]]
    ) -> str:
        """A receipt for one answer.

        Args:
            variant: which answered.
            file: digest of its file.
            labels: all that it knows, in its order.
            given: those that each text got.
        """
        position, width = _positions(labels), _width(len(labels))
        masks = [sum([1 << position[label] for label in of_text]) for of_text in given]
        body = b"".join(
            (
                bytes((_VERSION,)),
                self._clock().to_bytes(8, "big"),
                _named(variant, file, labels),
                *[mask.to_bytes(width, "big") for mask in masks],
            )
        )
        return base64.urlsafe_b64encode(body + self._sign(body)).rstrip(b"=").decode()

    def read(self, receipt: str) -> Receipt:
        """What a receipt says.

        Raises:
            ReceiptError: it is not one of ours, or too old.
        """
        raw = _decoded(receipt)
        body, signature = raw[:-_SIGNATURE_BYTES], raw[-_SIGNATURE_BYTES:]
        if not hmac.compare_digest(self._sign(body), signature):
            raise ReceiptError("not a receipt of this service")
        age = self._clock() - int.from_bytes(body[1:9], "big")
        if age > self._lifetime_ns:
            raise ReceiptError(f"too old; a receipt can be used for {self._lifetime_ns / 1e9:g} s")
        if age < -_SKEW_NS:
            raise ReceiptError("from the future; this server's clock is behind another's")
        return _parsed(body)

    def mark_used(self, receipt: str) -> None:
        """Remember that a receipt, which `read` takes, was used.

        Raises:
            UsedReceiptError: it was before, as far as this worker remembers.
        """
        signature = _decoded(receipt)[-_SIGNATURE_BYTES:]
        with self._using:
            if signature in self._used:
                raise UsedReceiptError
            self._used[signature] = None
            if len(self._used) > MAX_REMEMBERED:
                del self._used[next(iter(self._used))]

    def _sign(self, body: bytes) -> bytes:
        return hmac.digest(self._key, body, "sha256")[:_SIGNATURE_BYTES]


@lru_cache(maxsize=64)
def variant_digest(file: str, labels: tuple[str, ...]) -> bytes:
    """Tells whether the file is the one that answered, and positions still mean the same labels."""
    facts = "\n".join((file, *labels))
    return hashlib.blake2b(facts.encode(), digest_size=_DIGEST_BYTES).digest()


@lru_cache(maxsize=64)
def _named(variant: str, file: str, labels: tuple[str, ...]) -> bytes:
    """What the receipts of one variant have in common."""
    name = variant.encode()
    return b"".join(
        (bytes((len(name),)), name, variant_digest(file, labels), bytes((len(labels),)))
    )


@lru_cache(maxsize=64)
def _positions(labels: tuple[str, ...]) -> dict[str, int]:
    return {label: i for i, label in enumerate(labels)}


def _width(labels: int) -> int:
    return (labels + 7) // 8


def _decoded(receipt: str) -> bytes:
    padded = receipt + "=" * (-len(receipt) % 4)
    try:
        raw = base64.b64decode(padded, altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raise ReceiptError("not a receipt of this service") from None
    # One receipt has one spelling: the spare bits of the last letter are zero.
    if base64.urlsafe_b64encode(raw).rstrip(b"=") != receipt.encode():
        raise ReceiptError("not a receipt of this service")
    return raw


def _parsed(body: bytes) -> Receipt:
    """The parts of a body whose signature is right."""
    name_end = _HEAD_BYTES + body[9]
    digest_end = name_end + _DIGEST_BYTES
    labels, bits = body[digest_end], body[digest_end + 1 :]
    width = _width(labels)
    masks = [int.from_bytes(bits[i : i + width], "big") for i in range(0, len(bits), width)]
    return Receipt(
        variant=body[_HEAD_BYTES:name_end].decode(),
        variant_digest=body[name_end:digest_end],
        given=tuple(tuple(i for i in range(labels) if mask >> i & 1) for mask in masks),
    )
