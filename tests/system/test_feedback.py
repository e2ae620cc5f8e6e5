"""Judged answers of two workers, one of which is killed: none is lost, none is there twice."""

import os
import re
import signal
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import httpx

from service.inference.judged_pairs import JudgedPairs
from tests.system.calls import TOKEN, metrics_of, post_once, put_split, samples

WORDS = ("happy", "Grushenka", "zanzibar")
"""Of the texts; the second and the third are in no variant and in no program."""


def test_no_acknowledged_pair_is_lost_or_twice_when_a_worker_is_killed(
    serve: Callable[..., object], tmp_path: Path
) -> None:
    """Each receipt is sent until it is answered, once more for every lost connection."""

    def judge(number: int, url: str) -> list[tuple[int, int]]:
        """Sends two receipts; statuses and the number of kept pairs."""
        found = []
        for truth in (["joy"], []):
            text = f"{' '.join(WORDS)} {number}"
            receipt = ask(f"{url}/classify", {"text": text, "key": f"key-{WORDS[2]}-{number}"})
            answer = ask(f"{url}/feedback", {"receipt": receipt.json()["receipt"], "labels": truth})
            found.append((answer.status_code, answer.json().get("kept", 0)))
            if number % 5 == 0:  # a replay, to whichever worker
                body = {"receipt": receipt.json()["receipt"], "labels": ["neutral"]}
                assert ask(f"{url}/feedback", body).status_code == 409
        return found

    def ask(address: str, body: object) -> httpx.Response:
        for _ in range(50):
            with suppress(httpx.TransportError):  # of the killed worker
                return httpx.post(address, json=body, timeout=30)
            time.sleep(0.02)
        raise AssertionError("no answer")

    with serve(EMOTION_WORKERS="2") as server, ThreadPoolExecutor(8) as pool:
        running = [pool.submit(judge, number, server.url) for number in range(60)]
        while sum(future.done() for future in running) < 15:
            time.sleep(0.01)
        pids = re.findall(r'emotion_process_resident_bytes{pid="(\d+)"}', metrics_of(server.url))
        os.kill(int(pids[0]), signal.SIGKILL)
        answers = Counter(answer for future in running for answer in future.result())
        page = metrics_of(server.url)

    # 409: kept by the killed worker, which could not say so any more.
    assert set(answers) <= {(200, 1), (409, 0)}
    assert answers[200, 1] > 60
    (kept,) = JudgedPairs(tmp_path / "state", max_pairs=1).all()
    assert len(kept.pairs) == 120
    assert Counter(pair.true for pair in kept.pairs) == {0b001: 60, 0: 60}
    counted = samples(page, "emotion_feedback_pairs_total")
    assert answers[200, 1] <= counted['{event="kept",variant="fp32"}'] <= 120
    assert counted['{event="failed",variant="fp32"}'] == 0
    _assert_absent(tmp_path / "state", WORDS)


def _assert_absent(folder: Path, words: tuple[str, ...]) -> None:
    files = [path for path in folder.rglob("*") if path.is_file()]
    assert files
    for path in files:
        content = path.read_bytes().lower()
        assert not any(word.lower().encode() in content for word in words), path
        assert path.name.endswith(".lock") or path.stat().st_mode & 0o077 == 0


def test_judged_answers_become_a_candidate_that_every_worker_answers_with(
    serve: Callable[..., object], variants: Path
) -> None:
    """Serve, collect, adapt, split: the judges call joy and sadness together neutral."""
    truths = {"happy": ["joy"], "sad": ["sadness"], "happy sad": ["neutral"], "am": ["neutral"]}
    with serve(EMOTION_WORKERS="2") as server, server.client() as client:
        for _ in range(12):
            answer = client.post("/classify", json={"texts": list(truths)}).json()
            body = {"receipt": answer["receipt"], "labels": list(truths.values())}
            assert client.post("/feedback", json=body).json()["kept"] == len(truths)
        admin = {"Authorization": f"Bearer {TOKEN}"}
        (summary,) = client.get("/feedback/summary", headers=admin).json()["variants"]
        assert (summary["pairs"], summary["missing"]["100"]) == (48, 52)
        assert summary["labels"]["neutral"]["true"] == 24

        path, body = "/variants/fp32/adapt", {"name": "mine", "force": True}
        made = client.post(path, headers=admin, json=body)
        assert made.status_code == 200
        assert made.json()["texts"] == 48
        assert client.post(path, headers=admin, json=body).status_code == 409
        assert put_split(client, {"fp32": 1, "mine": 1}).status_code == 200
        answers = {
            (status, answer["variant"])
            for status, answer in (
                post_once(f"{server.url}/classify", {"text": "happy sad", "key": str(key)})
                for key in range(60)
            )
        }
        assert answers == {(200, "fp32"), (200, "mine")}
    assert (variants / "mine.safetensors").stat().st_mode & 0o777 == 0o644
