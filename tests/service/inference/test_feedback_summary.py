"""`GET /feedback/summary`: counts and F1 by hand, and who may see them."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from service.inference.judged_pairs import Judgement, Pair, Source
from service.statistics import f1_from_counts, macro_f1

ADMIN = {"authorization": "Bearer secret token"}
LABELS = ("joy", "sadness", "neutral")
JOY, SADNESS = 0b001, 0b010


def keep(setup: Any, source: Source, *pairs: Pair, second: int = 1_700_000_000) -> None:
    receipt = f"{source.sha256}{second}".encode()
    setup.pairs.keep(Judgement(source, receipt, second * 10**9, pairs))


def summary(call: Callable[..., httpx.Response]) -> dict[str, Any]:
    response = call("GET", "/feedback/summary", headers=ADMIN)
    assert response.status_code == 200
    return response.json()


def test_nothing_is_judged_yet(call: Callable[..., httpx.Response], setup: Any) -> None:
    assert summary(call) == {"max_pairs": 10_000, "variants": []}
    assert not setup.state.exists()


def test_counts_and_f1_by_hand(call: Callable[..., httpx.Response], setup: Any) -> None:
    source = Source("fp32", setup.repository.find("fp32").sha256, LABELS)
    hits, misses = [Pair(b"abc", JOY, JOY)] * 3, [Pair(b"abc", JOY, SADNESS)] * 2
    unsure = Pair(b"abc", None, JOY | SADNESS)
    keep(setup, source, *hits, second=1_700_000_000)
    keep(setup, source, *misses, unsure, second=1_700_086_400)
    (found,) = summary(call)["variants"]
    assert {name: found[name] for name in ("variant", "loaded", "pairs", "unsure")} == {
        "variant": "fp32",
        "loaded": True,
        "pairs": 6,
        "unsure": 1,
    }
    assert found["missing"] == {"100": 94, "300": 294, "1000": 994}
    times = [datetime.fromisoformat(found[name]) for name in ("since", "until")]
    assert times == [datetime(2023, 11, day, 22, 13, 20, tzinfo=UTC) for day in (14, 15)]
    counts = {
        label: (row["true"], row["predicted"], row["both"])
        for label, row in found["labels"].items()
    }
    assert counts == {"joy": (4, 5, 3), "sadness": (3, 0, 0), "neutral": (0, 0, 0)}
    # joy: 2 · 3 / (2 · 3 + 2 + 0) = .75; sadness: 0 of 2; no F1 for neutral. Mean .375.
    joy, sadness = f1_from_counts(3, 2, 0), f1_from_counts(0, 0, 2)
    mean = macro_f1([joy, sadness]).estimate
    assert found["labels"]["neutral"]["f1"] is None
    assert found["labels"]["sadness"]["f1"]["value"] == 0
    assert found["labels"]["joy"]["f1"] == {
        "value": 0.75,
        "low": round(joy.estimate.low or 0, 4),
        "high": round(joy.estimate.high or 0, 4),
    }
    assert found["macro_f1"]["value"] == 0.375
    assert found["macro_f1"]["low"] == round(mean.low or 0, 4) < 0.375 < found["macro_f1"]["high"]


def test_files_that_no_longer_answer_are_shown_and_said_so(
    call: Callable[..., httpx.Response], setup: Any
) -> None:
    keep(setup, Source("fp32", "an older file", LABELS), Pair(b"abc", None, JOY))
    keep(setup, Source("gone", "its file", ("x",)), *[Pair(b"a", 0, 0)] * 400)
    older, gone = summary(call)["variants"]
    assert (older["sha256"], older["loaded"], older["macro_f1"]) == ("an older file", False, None)
    assert (gone["variant"], gone["loaded"]) == ("gone", False)
    assert gone["missing"] == {"100": 0, "300": 0, "1000": 600}


def test_it_needs_the_admin_token(
    call: Callable[..., httpx.Response], assert_error: Callable[..., None]
) -> None:
    assert_error(call("GET", "/feedback/summary"), 401, "unauthorized")


def test_what_cannot_be_read_is_unavailable(
    call: Callable[..., httpx.Response], setup: Any, assert_error: Callable[..., None]
) -> None:
    setup.state.mkdir()
    (setup.state / "feedback.sqlite3").mkdir()
    response = call("GET", "/feedback/summary", headers=ADMIN)
    assert_error(response, 503, "unavailable", "the judged answers cannot be read: not a regular")


@pytest.mark.parametrize("feedback_pairs", [0])
def test_it_says_that_keeping_is_off(
    call: Callable[..., httpx.Response], feedback_pairs: int, variants: Path
) -> None:
    assert summary(call)["max_pairs"] == 0
